package netif

import (
	"errors"
	"os"
	"strings"
)

// sysctlRoot is where the kernel's settings of the caller's network namespace are.
const sysctlRoot = "/proc/sys/net/ipv4/conf/"

// DeleteKeeping is Delete for an address beside which others are to stay. The
// kernel takes the secondary addresses of a network away with its primary one,
// unless it is told to promote them.
func (h *Host) DeleteKeeping(a Address) error {
	before, err := h.beside(a)
	if err != nil || len(before) == 0 {
		return errors.Join(err, h.Delete(a))
	}
	restore := promote(a.Interface)
	err = h.Delete(a)
	restore()
	if err != nil {
		return err
	}
	// Where the setting cannot be changed they are put back.
	after, err := h.beside(a)
	if err != nil {
		return err
	}
	there := make(map[string]bool)
	for _, b := range after {
		there[b.Prefix.String()] = true
	}
	for _, b := range before {
		if there[b.Prefix.String()] {
			continue
		}
		if err := h.Add(b); err != nil && !errors.Is(err, ErrExists) {
			return err
		}
	}
	return nil
}

// beside lists the addresses that would go with an address: the secondary ones of
// the network whose primary one it is.
func (h *Host) beside(a Address) ([]Address, error) {
	if !a.Prefix.Addr().Is4() {
		return nil, nil
	}
	all, err := h.Addresses()
	if err != nil {
		return nil, err
	}
	var out []Address
	for _, b := range all {
		if b.Interface != a.Interface || b.Prefix.Masked() != a.Prefix.Masked() {
			continue
		}
		if b.Prefix == a.Prefix {
			if b.Secondary {
				return nil, nil
			}
			continue
		}
		out = append(out, b)
	}
	return out, nil
}

// promote has the kernel keep secondary addresses of an interface. The function
// that it returns puts the setting back.
func promote(name string) func() {
	path := sysctlRoot + name + "/promote_secondaries"
	old, err := os.ReadFile(path)
	if err != nil || strings.TrimSpace(string(old)) != "0" || os.WriteFile(path, []byte("1\n"), 0o644) != nil {
		return func() {}
	}
	return func() { _ = os.WriteFile(path, old, 0o644) }
}
