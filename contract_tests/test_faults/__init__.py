"""What the shop stands on gives way, or the shop itself: nothing that was acknowledged is lost."""
