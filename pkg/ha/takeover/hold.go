package takeover

// Hold is a set of resource groups as seen by one node: its own groups (those
// whose preferred node it is) and the foreign ones (all others).
type Hold uint8

// The sets.
const (
	None    Hold = 0
	Local   Hold = 1
	Foreign Hold = 2
	All     Hold = Local | Foreign
)

// String returns the set as messages and logs spell it.
func (h Hold) String() string {
	switch h {
	case Local:
		return "local"
	case Foreign:
		return "foreign"
	case All:
		return "all"
	}
	return "none"
}

// ParseHold reads a set; false means that the word is none of the four.
func ParseHold(word string) (Hold, bool) {
	switch word {
	case "none":
		return None, true
	case "local":
		return Local, true
	case "foreign":
		return Foreign, true
	case "all":
		return All, true
	}
	return None, false
}

// Has reports whether h includes all of other.
func (h Hold) Has(other Hold) bool { return h&other == other }

// Mirror returns the set as the other node of a pair sees it.
func (h Hold) Mirror() Hold {
	var out Hold
	if h.Has(Local) {
		out |= Foreign
	}
	if h.Has(Foreign) {
		out |= Local
	}
	return out
}
