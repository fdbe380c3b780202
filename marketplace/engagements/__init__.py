"""From an award to accepted work: agreements, redemption, co-payment, stages, sessions and deliverables."""
