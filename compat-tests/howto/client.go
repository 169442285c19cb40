package howto

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

// The client asks once in askInterval and waits askTimeout for an answer.
const (
	askInterval = 50 * time.Millisecond
	askTimeout  = 300 * time.Millisecond
)

// answer is one request of the client and what came of it.
type answer struct {
	At     time.Time // when it was asked
	From   string
	Server string // who answered, empty if nobody did
}

func readAnswer(conn net.Conn) (string, error) {
	text, err := io.ReadAll(io.LimitReader(conn, 4096))
	if err != nil {
		return "", err
	}
	_, body, ok := strings.Cut(string(text), "\r\n\r\n")
	if !ok || !strings.Contains(string(text), " 200 ") {
		return "", errors.New("no page")
	}
	return strings.TrimSpace(body), nil
}

// Client asks the VIP again and again, from each of its addresses in turn, and
// prints every answer. It returns when its standard input ends.
func Client() error {
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	var mu sync.Mutex
	out := json.NewEncoder(os.Stdout)
	ticker := time.NewTicker(askInterval)
	defer ticker.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-ended:
			return nil
		case <-ticker.C:
		}
		a := answer{At: time.Now(), From: sources[turn%len(sources)]}
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
			defer cancel()
			a.Server, _ = ask(ctx, a.From)
			mu.Lock()
			defer mu.Unlock()
			_ = out.Encode(a)
		}()
	}
}

// client is the client's host and everything it has seen.
type client struct {
	*host
	mu      sync.Mutex
	answers []answer
	stdin   io.WriteCloser
}

func newClient() (*client, error) {
	h, err := newHost("client", "client", clientIP)
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		if err := sh("ip -n client addr add " + s + "/24 dev eth0"); err != nil {
			return nil, err
		}
	}
	return &client{host: h}, nil
}

func (c *client) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := c.command(self, "client")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if c.stdin, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var a answer
			if json.Unmarshal(lines.Bytes(), &a) == nil {
				c.mu.Lock()
				c.answers = append(c.answers, a)
				c.mu.Unlock()
			}
		}
	}()
	return nil
}

// since returns what was asked between begin and end, in order.
func (c *client) since(begin, end time.Time) []answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []answer
	for _, a := range c.answers {
		if !a.At.Before(begin) && a.At.Before(end) {
			list = append(list, a)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].At.Before(list[j].At) })
	return list
}

// Saw sums up what the client saw.
type Saw struct {
	Asked, Answered int
	Servers         map[string]int
	Outage          time.Duration // longest time in which nothing asked was answered
}

func sum(list []answer) Saw {
	s := Saw{Servers: make(map[string]int)}
	var lost time.Time
	for _, a := range list {
		s.Asked++
		if a.Server == "" {
			if lost.IsZero() {
				lost = a.At
			}
			continue
		}
		s.Answered++
		s.Servers[a.Server]++
		if !lost.IsZero() {
			s.Outage = max(s.Outage, a.At.Sub(lost))
			lost = time.Time{}
		}
	}
	if !lost.IsZero() && len(list) > 0 {
		s.Outage = max(s.Outage, list[len(list)-1].At.Sub(lost))
	}
	return s
}

// String is the sum in words.
func (s Saw) String() string {
	var names []string
	for name := range s.Servers {
		names = append(names, name)
	}
	sort.Strings(names)
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%s %d", name, s.Servers[name]))
	}
	return fmt.Sprintf("client: %d requests, %d answered (%s), longest time without an answer %.2f s",
		s.Asked, s.Answered, strings.Join(parts, ", "), s.Outage.Seconds())
}
