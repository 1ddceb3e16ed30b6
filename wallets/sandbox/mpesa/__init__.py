"""A simulated M-Pesa: Daraja's wire format on one side, phones with prompts on the other."""
