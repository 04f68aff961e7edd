"""Scores of scikit-learn on the split that it is given: python compare.py FOLDER OPTIONS

FOLDER has train.csv and test.csv, a header, the features, and last the label. OPTIONS is JSON: those of
our boosting. Prints JSON: per model its figures by scikit-learn's own count, and writes NAME.scores.
"""

import json
import sys
from pathlib import Path

import numpy
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(sys.argv[1])
ours = json.loads(sys.argv[2])


def load(name):
    rows = numpy.loadtxt(folder / name, delimiter=",", skiprows=1)
    return rows[:, :-1], rows[:, -1]


models = {
    "sklearn_logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "sklearn_boosting": HistGradientBoostingClassifier(random_state=0),
    "sklearn_boosting_our_values": HistGradientBoostingClassifier(
        random_state=0,
        early_stopping=False,
        max_iter=ours["rounds"],
        learning_rate=ours["learningRate"],
        max_leaf_nodes=ours["leavesMax"],
        max_depth=ours["depthMax"],
        min_samples_leaf=ours["rowsPerLeafMin"],
        l2_regularization=ours["l2"],
    ),
}

train, labels = load("train.csv")
test, truth = load("test.csv")
figures = {}
for name, model in models.items():
    scores = model.fit(train, labels).decision_function(test)
    numpy.asarray(scores, dtype="<f8").tofile(folder / f"{name}.scores")
    figures[name] = {
        "auc": float(roc_auc_score(truth, scores)),
        "ap": float(average_precision_score(truth, scores)),
    }
print(json.dumps({"version": sklearn.__version__, "models": figures}))
