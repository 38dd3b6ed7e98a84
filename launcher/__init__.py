"""What stands behind `./hub`: set-up, private servers, supervision. Standard library only.

It runs before anything of ours is installed, therefore it imports nothing but itself.
"""
