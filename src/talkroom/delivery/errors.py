"""What goes wrong with calls that leave the process."""

from talkroom.contract.errors import ContractError


class ManagementUnreachable(ContractError):
    """The management API gave no answer that could be used within the deadline: whether the call had an effect is not known."""
