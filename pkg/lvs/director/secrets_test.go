package director

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lvsha/pkg/lvs/view"
)

// babbler is a server that sends back what it is sent, so that a check has its
// own password in what it complains about.
func babbler(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("220 +OK * OK 200 hello\r\n"))
			buf := make([]byte, 4096)
			for n, err := c.Read(buf); err == nil; n, err = c.Read(buf) {
				if _, err := c.Write(buf[:n]); err != nil {
					break
				}
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

// TestSecretsStayInside: nothing that a director writes holds a password, whatever
// the servers answer.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	const password, secret = "hunter2-PaSsWoRd", "radius-SeCrEt"
	dir := t.TempDir()
	var config strings.Builder
	services := []string{"ftp", "pop", "imap", "mysql", "pgsql", "ldap", "radius", "oracle"}
	addr := babbler(t)
	_, port, _ := net.SplitHostPort(addr)
	for i, service := range services {
		fmt.Fprintf(&config, "virtual=10.9.0.%d:%s\n\tservice=%s\n\tchecktype=negotiate\n\tlogin=\"anna\"\n\tpasswd=%q\n\tsecret=%q\n"+
			"\tdatabase=\"db\"\n\trequest=\"select 1\"\n\treceive=\"x\"\n\tchecktimeout=2\n\tnegotiatetimeout=2\n\tmonitorfile=%s\n\treal=127.0.0.1:%s masq\n",
			i+1, port, service, password, secret, filepath.Join(dir, service), port)
	}
	w := newWorld(t, config.String())
	w.network = new(net.Dialer).DialContext
	w.start()
	for _, service := range services {
		w.until("a line about "+service, func() bool {
			content, err := os.ReadFile(filepath.Join(dir, service))
			return err == nil && strings.Contains(string(content), "\n")
		})
		content, err := os.ReadFile(filepath.Join(dir, service))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(content), "[down]") {
			t.Errorf("%s: %s", service, content)
		}
		tells(t, "the monitorfile of "+service, string(content), password, secret)
	}
	state, err := w.d.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(view.Make(view.Facts{}, state))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(document), `"reason":"`) {
		t.Errorf("no reason in %s", document)
	}
	tells(t, "the status", string(document), password, secret)
	w.mu.Lock()
	defer w.mu.Unlock()
	tells(t, "the log", strings.Join(w.lines, "\n"), password, secret)
}

// tells complains about secrets in a text.
func tells(t *testing.T, what, text string, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("%s tells %q", what, s)
		}
	}
}
