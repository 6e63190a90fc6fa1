"""The starter library: notes of this project on targets, drugs and concepts."""
