package config

import (
	"crypto/sha256"
	"encoding/hex"
)

// Checksum is one of what haresources says, for a comparison between nodes: twelve
// digits, whatever the file has of blanks and comments.
func Checksum(groups []Group) string {
	sum := sha256.New()
	for _, g := range groups {
		sum.Write([]byte(g.Node))
		for _, r := range g.Resources {
			sum.Write([]byte(" " + r.Word))
		}
		sum.Write([]byte("\n"))
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}
