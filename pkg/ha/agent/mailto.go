package agent

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"lvsha/pkg/system/logging"
)

// mailLimit bounds how long a mail program may take: the resources behind it wait.
const mailLimit = 20 * time.Second

// mailTo is MailTo: a mail at a takeover and one at a release. A mail that cannot
// be sent is logged; it keeps no service down.
func (c *call) mailTo(action string) int {
	mark := c.pseudo("MailTo_" + c.instance + "_" + c.values["email"] + "_" + c.values["subject"])
	var text string
	var err error
	switch action {
	case "start":
		text, err = "Takeover in progress at %s on %s", mark.start()
	case "stop":
		text, err = "Migrating resource away at %s from %s", mark.stop()
	default:
		if mark.runs() {
			fmt.Fprintln(c.stdout, "running")
			return success
		}
		fmt.Fprintln(c.stdout, "stopped")
		return notRunning
	}
	subject := c.values["subject"]
	if len(subject) < 2 {
		subject = "Resource Group"
	}
	host, _ := os.Hostname()
	if node := os.Getenv("HA_CURHOST"); node != "" {
		host = node
	}
	subject += " " + fmt.Sprintf(text, time.Now().Format("Mon Jan _2 15:04:05 MST 2006"), host)
	if err = errors.Join(err, c.mail(subject)); err != nil {
		c.logf(logging.Error, "mail to %s: %v", c.values["email"], err)
	}
	return success
}

// mail sends a mail by mail(1) or, where that is missing, by sendmail.
func (c *call) mail(subject string) error {
	email, body := c.values["email"], "        "+subject+"\n"
	var cmd *exec.Cmd
	if path, err := exec.LookPath("mail"); err == nil {
		cmd = exec.CommandContext(c.ctx, path, append([]string{"-s", subject}, recipients(email)...)...)
	} else if path, err := lookSendmail(); err == nil {
		cmd = exec.CommandContext(c.ctx, path, "-t", "-i")
		body = "To: " + strings.Join(recipients(email), ", ") + "\nSubject: " + subject + "\n\n" + body
	} else {
		return errors.New("neither mail nor sendmail is installed")
	}
	cmd.Stdin = strings.NewReader(body)
	cmd.Stdout, cmd.Stderr = c.stdout, c.stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	kill := time.AfterFunc(mailLimit, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", cmd.Path, err)
	}
	return nil
}

// recipients takes the addresses apart; a line break would be a header of its own.
func recipients(email string) []string {
	return strings.FieldsFunc(email, func(r rune) bool { return r == ',' || r <= ' ' })
}

func lookSendmail() (string, error) {
	if path, err := exec.LookPath("sendmail"); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/lib/sendmail")
}
