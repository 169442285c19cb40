#!/bin/sh
# External check: notes that it ran; fails if the file ADDRESS:PORT is there.
echo "$3 $4" >>/run/ldtest/rounds
test ! -e "/run/ldtest/down/$3:$4"
