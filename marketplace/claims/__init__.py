"""From accepted work to money paid: claims, holds, approvals, payment batches and the bank's reports."""
