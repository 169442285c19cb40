package api

import (
	"fmt"
	"os/user"
	"slices"
	"strconv"

	"lvsha/pkg/ha/config"
)

// maxClientName is the longest client name in bytes; what is beyond is cut.
const maxClientName = 31

// Credentials are what the kernel says of the process at the other end, as it
// was when it connected: effective ids and the primary group only.
type Credentials struct {
	PID      int
	UID, GID uint32
}

// Permission says who may sign on as one client: one of the users or one of the
// groups.
type Permission struct{ UIDs, GIDs []uint32 }

func (p Permission) allows(c Credentials) bool {
	return slices.Contains(p.UIDs, c.UID) || slices.Contains(p.GIDs, c.GID)
}

// Permissions are those of ha.cf(5) apiauth by client name. The names anon and
// default stand for casual clients and for those without an entry.
type Permissions map[string]Permission

// builtin are the entries that an apiauth line of the same name replaces.
var builtin = []config.APIAuth{
	{Client: "ipfail", UIDs: []string{"hacluster"}},
	{Client: "ccm", UIDs: []string{"hacluster"}},
	{Client: "ping", GIDs: []string{"haclient"}},
	{Client: "lha-snmpagent", UIDs: []string{"root"}},
	{Client: "anon", UIDs: []string{"root"}, GIDs: []string{"haclient"}},
}

// ResolvePermissions looks up the accounts of the rules and of the built-in
// entries. An account that does not exist allows nobody; the errors name those
// that a rule asks for.
func ResolvePermissions(rules []config.APIAuth) (Permissions, []error) {
	out := make(Permissions)
	var errs []error
	add := func(r config.APIAuth) []error {
		uids, bad := lookup(r.UIDs, userID)
		gids, worse := lookup(r.GIDs, groupID)
		out[r.Client] = Permission{UIDs: uids, GIDs: gids}
		return append(bad, worse...)
	}
	for _, r := range builtin {
		add(r)
	}
	for _, r := range rules {
		for _, err := range add(r) {
			errs = append(errs, fmt.Errorf("apiauth %s: %w", r.Client, err))
		}
	}
	return out, errs
}

func lookup(names []string, id func(string) (string, error)) (out []uint32, errs []error) {
	for _, name := range names {
		text := name
		if name == "" || name[0] < '0' || name[0] > '9' {
			var err error
			if text, err = id(name); err != nil {
				errs = append(errs, err)
				continue
			}
		}
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, uint32(n))
	}
	return out, errs
}

func userID(name string) (string, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return "", err
	}
	return u.Uid, nil
}

func groupID(name string) (string, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return "", err
	}
	return g.Gid, nil
}

// check returns why a client may not sign on, "" if it may.
func (p Permissions) check(name string, casual bool, c Credentials) string {
	entry, ok := p[name]
	switch {
	case casual:
		if entry, ok = p["anon"]; !ok {
			return "apiauth anon missing"
		}
	case !ok:
		if entry, ok = p["default"]; !ok {
			return "no default client auth"
		}
	}
	if !entry.allows(c) {
		return "client failed authorization"
	}
	return ""
}
