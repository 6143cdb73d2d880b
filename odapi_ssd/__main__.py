"""`python -m odapi_ssd`, the same as the console command `odapi-ssd`."""

from odapi_ssd.cli import main

if __name__ == "__main__":
    main()
