"""Everything that is needed to train the predictors and nothing that is needed to use them."""
