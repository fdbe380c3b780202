"""The agency's view of a finished engagement: rubric, evaluator, review, published grade, appeal."""
