"""Print a token for somebody and some rooms, as your own back end would issue it: TOKEN_SECRET=… issue_token.py alice lobby"""

import os
import sys
import time

import jwt

user, *rooms = sys.argv[1:]
claims = {"sub": user, "rooms": rooms, "exp": int(time.time()) + 3600}
print(jwt.encode(claims, os.environ["TOKEN_SECRET"], algorithm="HS256"))
