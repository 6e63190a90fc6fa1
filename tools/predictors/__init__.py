"""Properties predicted by Retort's own models, with intervals, domain and model cards."""

from retort.tools.predictors.predictors import Predictors
from retort.tools.predictors.records import Band, Endpoint, Neighbour, Prediction

__all__ = ["Band", "Endpoint", "Neighbour", "Prediction", "Predictors"]
