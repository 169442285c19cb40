package node_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/client"
	"lvsha/pkg/ha/message"
)

// sign signs a client on at a node; it may stay for the whole test.
func sign(n *testNode, name string) *client.Client {
	n.t.Helper()
	c, err := client.Dial(filepath.Join(n.dir, "lib", api.SocketName), name, time.Now().Add(limit))
	n.must(err)
	n.t.Cleanup(func() { _ = c.Close() })
	return c
}

// heard waits for a message of a type.
func heard(n *testNode, c *client.Client, kind string) *message.Message {
	n.t.Helper()
	for {
		m, err := c.Receive()
		n.must(err)
		if m.Type() == kind {
			return m
		}
	}
}

// TestClients: two clients of one name on two nodes learn of each other and speak
// to each other; a casual one asks.
func TestClients(t *testing.T) {
	alpha, beta := newPair(t)
	startBoth(alpha, beta)
	asks := sign(alpha, "")
	nodes, err := asks.Nodes()
	alpha.must(err)
	if want := []client.Node{{Name: "alpha", Type: "normal", Status: "active"}, {Name: "beta", Type: "normal", Status: "active"}}; !slices.Equal(nodes, want) {
		t.Errorf("nodes %v, want %v", nodes, want)
	}
	links, err := asks.Links("beta")
	alpha.must(err)
	if want := []client.Link{{Name: "eth0", Status: "up"}}; !slices.Equal(links, want) {
		t.Errorf("links of beta %v, want %v", links, want)
	}
	if hold, err := asks.Resources(); err != nil || hold != "local" {
		t.Errorf("alpha holds %q, %v", hold, err)
	}
	if v, ok, err := asks.Parameter("keepalive"); err != nil || !ok || v != "100ms" {
		t.Errorf("keepalive %q, %v, %v", v, ok, err)
	}
	if st, err := asks.ClientStatus("beta", "test", limit); err != nil || st != "offline" {
		t.Errorf("client on beta %q, %v", st, err)
	}

	a := sign(alpha, "test")
	if m := heard(alpha, a, "hbapi-clstat"); m.Text("src") != "alpha" || m.Text("st") != "join" || m.Text("auth") == "" {
		t.Errorf("own arrival: %v", m)
	}
	b := sign(beta, "test")
	if m := heard(alpha, a, "hbapi-clstat"); m.Text("src") != "beta" || m.Text("st") != "join" {
		t.Errorf("arrival on beta: %v", m)
	}
	if st, err := asks.ClientStatus("beta", "test", limit); err != nil || st != "online" {
		t.Errorf("client on beta %q, %v", st, err)
	}
	alpha.must(a.Send(message.New("question").Add("dest", "beta")))
	m := heard(beta, b, "question")
	if m.Text("src") != "alpha" || m.Text("from_id") != "test" || m.Text("to_id") != "test" {
		t.Errorf("question: %v", m)
	}
	beta.must(b.Send(message.New("answer").Add("src", "alpha")))
	if m := heard(alpha, a, "answer"); m.Text("src") != "beta" {
		t.Errorf("answer: %v", m)
	}

	// The end of a node ends its clients; the others hear of it.
	beta.end()
	for {
		if _, err := b.Receive(); err != nil {
			break
		}
	}
	if _, err := os.Stat(filepath.Join(beta.dir, "lib", api.SocketName)); err == nil {
		t.Error("the socket is still there")
	}
	for {
		m := heard(alpha, a, "status")
		if m.Text("src") == "beta" && m.Text("st") == "dead" {
			break
		}
	}
	if m := heard(alpha, a, "ifstat"); m.Text("node") != "beta" || m.Text("ifname") != "eth0" || m.Text("st") != "dead" {
		t.Errorf("link: %v", m)
	}
	alpha.end()
}

// TestFloodOfMessagesDelaysNothing: a client that sends without end takes turns
// with the heartbeat, and what is lost on the way can still be asked for.
func TestFloodOfMessagesDelaysNothing(t *testing.T) {
	alpha, beta := newPair(t)
	beta.write("OnlyForTesting", "rcvloss=0.05\n")
	startBoth(alpha, beta)
	a := sign(alpha, "test")
	b := sign(beta, "test")
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if a.Send(message.New("flood").Add("dest", "beta")) != nil {
				return
			}
		}
	}()
	for range 2000 {
		heard(beta, b, "flood")
	}
	close(stop)
	<-done
	for _, n := range []*testNode{alpha, beta} {
		for _, trouble := range []string{"is dead", "Late heartbeat", "lost a lot", "Irretrievably"} {
			if n.count(trouble) > 0 {
				t.Errorf("%s: %s", n.name, trouble)
			}
		}
	}
	beta.end()
	alpha.end()
}
