package howto

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// Web is a web server on port 80. It says its name, and for the page that the
// directors ask for, what they want to see.
func Web(name string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		if r.URL.Path == "/"+masterName {
			fmt.Fprintln(w, standbyName)
			return
		}
		fmt.Fprintln(w, name)
	})
	l, err := net.Listen("tcp", ":80")
	if err != nil {
		return err
	}
	if _, err := os.Stdout.WriteString("+"); err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	return server.Serve(l)
}

// webServer is a real server: the VIP is on its lo and ARP for it stays silent.
type webServer struct {
	*host
	process *exec.Cmd
}

func newWebServer(ns, name, ip string) (*webServer, error) {
	h, err := newHost(ns, name, ip)
	if err != nil {
		return nil, err
	}
	for _, setting := range []string{"all", "default", "lo", "eth0"} {
		out, err := h.run("sysctl", "-qw", "net.ipv4.conf."+setting+".arp_ignore=1", "net.ipv4.conf."+setting+".arp_announce=2")
		if err != nil {
			return nil, fmt.Errorf("web server %s: %w: %s", name, err, out)
		}
	}
	if err := sh("ip -n " + ns + " addr add " + vip + "/32 dev lo label lo:0"); err != nil {
		return nil, err
	}
	w := &webServer{host: h}
	return w, w.start()
}

func (w *webServer) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	w.process = w.command(self, "web", w.name)
	w.process.Stderr = os.Stderr
	ready, err := w.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := w.process.Start(); err != nil {
		return err
	}
	if n, err := ready.Read(make([]byte, 1)); n != 1 {
		return fmt.Errorf("web server %s: %w", w.name, err)
	}
	return nil
}

// kill ends the server program; the host goes on.
func (w *webServer) kill() {
	_ = w.process.Process.Kill()
	_ = w.process.Wait()
}

// ask is one request of the client from one of its addresses.
func ask(ctx context.Context, from string) (string, error) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := dialer.DialContext(ctx, "tcp", vip+":80")
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", vip); err != nil {
		return "", err
	}
	return readAnswer(conn)
}
