"""How inference and decode are put together: bottom-up, top-down, refined, measured closely."""
