"""What happens to the survey of the company at work's end."""

from uuid import UUID

from marketplace.core.tasks import Event

COMPANY_ANSWERED = Event("survey.company_answered", engagement_id=UUID)
# Answered, or closed without an answer.
COMPANY_SURVEY_OVER = Event("survey.company_over", engagement_id=UUID)
