"""What the blocking and the asyncio client share."""
