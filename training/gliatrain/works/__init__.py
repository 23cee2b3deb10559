"""The five works as trainings that a hospital runs on its own cohort; see training/WORKS.md."""
