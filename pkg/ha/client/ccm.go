package client

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"lvsha/pkg/ha/api"
)

// CCMSocket is the socket of ccm, the membership daemon of clusters of Pacemaker,
// below the run directory of heartbeat. It runs where ha.cf starts it by respawn.
const CCMSocket = "ccm/ccm"

// ErrDenied says that ccm has ended the connection at once, ErrNoMembership that it
// has done so before it said who the members are.
var (
	ErrDenied       = errors.New("connection denied")
	ErrNoMembership = errors.New("problem handling ccm membership event")
)

// What ccm says is four numbers in host byte order: its kind, how many nodes
// follow, the instance, and whether there is a quorum.
const (
	ccmHeader  = 16
	ccmRow     = 8   // of a membership: index and birth
	ccmName    = 256 // bytes of a name in the table of nodes
	ccmNodeRow = 4 + ccmName
	// The table of nodes has three numbers before its rows.
	ccmTableHeader = 12

	ccmEvicted    = 1
	ccmMembership = 2
	ccmTable      = 4
)

// ccmWait is how long ccm has for its first membership once a client has heard
// the table of nodes. It says both at once if it has one.
const ccmWait = 200 * time.Millisecond

// Membership is what ccm says of the cluster.
type Membership struct {
	Evicted  bool // this node is none of the members; nothing else is known
	Quorum   bool
	Instance int
	Members  []Member // the oldest first
}

// Member is a node of a membership.
type Member struct {
	Index int // in the table of nodes
	Name  string
	Born  int // the instance in which it came
}

// Has reports whether a node is a member.
func (m *Membership) Has(name string) bool {
	return slices.ContainsFunc(m.Members, func(n Member) bool { return n.Name == name })
}

// AskCCM returns the membership of ccm, nil if none runs, or
// if it has formed none. The error is ErrDenied, ErrNoMembership,
// os.ErrDeadlineExceeded if ccm says nothing, or that of the connection.
func AskCCM(socket string, deadline time.Time) (*Membership, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, nil
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	table, err := api.ReadFrame(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, err
	}
	if err != nil {
		return nil, ErrDenied
	}
	names, err := ccmNodes(table)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(ccmWait)); err != nil {
		return nil, err
	}
	event, err := api.ReadFrame(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, nil // it has not yet formed one
	}
	if err != nil {
		return nil, ErrNoMembership
	}
	return ccmEvent(event, names)
}

// number is the i-th number of what ccm says.
func number(b []byte, i int) int { return int(int32(binary.NativeEndian.Uint32(b[4*i:]))) }

// ccmNodes reads the table of nodes: names by index.
func ccmNodes(b []byte) (map[int]string, error) {
	if len(b) < ccmTableHeader || number(b, 0) != ccmTable {
		return nil, fmt.Errorf("ccm: %d bytes that are no table of nodes", len(b))
	}
	names := make(map[int]string)
	for rows := b[ccmTableHeader:]; len(rows) >= ccmNodeRow; rows = rows[ccmNodeRow:] {
		name, _, _ := bytes.Cut(rows[4:ccmNodeRow], []byte{0})
		names[number(rows, 0)] = string(name)
	}
	return names, nil
}

func ccmEvent(b []byte, names map[int]string) (*Membership, error) {
	if len(b) < ccmHeader {
		return nil, fmt.Errorf("ccm: an event of %d bytes", len(b))
	}
	switch number(b, 0) {
	case ccmEvicted:
		return &Membership{Evicted: true}, nil
	case ccmMembership:
	default:
		return nil, nil // one is being formed
	}
	m := &Membership{Instance: number(b, 2), Quorum: number(b, 3) != 0}
	rows := b[ccmHeader:]
	for range number(b, 1) {
		if len(rows) < ccmRow {
			return nil, fmt.Errorf("ccm: a membership of %d nodes in %d bytes", number(b, 1), len(b))
		}
		m.Members = append(m.Members, Member{Index: number(rows, 0), Name: names[number(rows, 0)], Born: number(rows, 1)})
		rows = rows[ccmRow:]
	}
	slices.SortStableFunc(m.Members, func(a, b Member) int { return cmp.Compare(a.Born, b.Born) })
	return m, nil
}
