"""Property predictors: values with an interval, a domain flag and their model."""
