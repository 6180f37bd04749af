#!/usr/bin/env python
import os
import sys


def main() -> None:
    from config import embedded

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        embedded.join()
    except embedded.LocalDatabaseError as refused:
        sys.exit(str(refused))
    except KeyboardInterrupt:
        sys.exit(130)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
