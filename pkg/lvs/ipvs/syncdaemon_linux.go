package ipvs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// Commands and attributes of the sync daemon, linux/ip_vs.h.
const (
	cmdNewDaemon uint8 = 9
	cmdDelDaemon uint8 = 10
	cmdGetDaemon uint8 = 11

	attrDaemon                             = 3
	daemonState, daemonMulticast, daemonID = 1, 2, 3
)

// SyncRole is what a sync daemon does with the connection table.
type SyncRole uint32

// The roles, as the kernel numbers them.
const (
	SyncMaster SyncRole = 1 // tells the other directors
	SyncBackup SyncRole = 2 // listens to them
)

// String names the role as ipvsadm(8) --start-daemon does.
func (r SyncRole) String() string {
	if r == SyncMaster {
		return "master"
	}
	return "backup"
}

// Sync starts and stops the kernel's sync daemons of the network namespace that
// the program runs in. It is used by one goroutine at a time.
type Sync struct{ raw *rawConn }

// OpenSync connects to the kernel, which loads the module if it can. The error is
// ErrNoIPVS if there is none.
func OpenSync() (*Sync, error) {
	raw, err := openRaw()
	if err != nil {
		return nil, fmt.Errorf("open ipvs: %w", err)
	}
	return &Sync{raw}, nil
}

// Close gives the connection back.
func (s *Sync) Close() error { return s.raw.close() }

// Running says in which roles a sync daemon runs.
func (s *Sync) Running() (map[SyncRole]bool, error) {
	answers, err := s.raw.genl.request(s.raw.family, cmdGetDaemon, ipvsVersion, syscall.NLM_F_DUMP, nil)
	if err != nil {
		return nil, fmt.Errorf("list sync daemons: %w", err)
	}
	running := make(map[SyncRole]bool)
	for _, a := range answers {
		values, err := parseAttrs(a[attrDaemon])
		if err != nil {
			return nil, fmt.Errorf("list sync daemons: %w", err)
		}
		if v := values[daemonState]; len(v) == 4 {
			running[SyncRole(binary.NativeEndian.Uint32(v))] = true
		}
	}
	return running, nil
}

// Start starts a sync daemon on an interface. One that runs already is no error;
// it keeps its interface.
func (s *Sync) Start(r SyncRole, device string, id uint32) error {
	err := s.command(cmdNewDaemon, u32(daemonState, uint32(r)), text(daemonMulticast, device), u32(daemonID, id))
	// Kernels before 4.3 have no error of its own for a daemon that runs.
	if errors.Is(err, syscall.EEXIST) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("start sync %s on %s: %w", r, device, err)
	}
	return nil
}

// Stop stops a sync daemon. One that does not run is no error.
func (s *Sync) Stop(r SyncRole) error {
	err := s.command(cmdDelDaemon, u32(daemonState, uint32(r)))
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop sync %s: %w", r, err)
	}
	return nil
}

func (s *Sync) command(cmd uint8, attrs ...attr) error {
	_, err := s.raw.genl.request(s.raw.family, cmd, ipvsVersion, syscall.NLM_F_ACK, []attr{{kind: attrDaemon, nested: attrs}})
	return err
}

// ParseSyncRole reads a role as LVSSyncDaemonSwap is given it.
func ParseSyncRole(text string) (SyncRole, error) {
	switch strings.ToLower(text) {
	case "master":
		return SyncMaster, nil
	case "backup":
		return SyncBackup, nil
	}
	return 0, fmt.Errorf("sync role %q: neither master nor backup", text)
}

// Other is the role that a director has when it has not this one.
func (r SyncRole) Other() SyncRole {
	if r == SyncMaster {
		return SyncBackup
	}
	return SyncMaster
}
