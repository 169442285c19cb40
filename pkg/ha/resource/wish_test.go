package resource

import (
	"net/netip"
	"testing"
)

func TestParseWish(t *testing.T) {
	type want struct {
		ip, device, label, broadcast string
		bits                         int
		rule                         broadcastRule
		warning, invalid             string
	}
	const vip = "10.88.0.80"
	cases := map[string]want{
		vip:                             {ip: vip},
		vip + "/":                       {ip: vip},
		vip + "/24":                     {ip: vip, bits: 24},
		vip + "/32/eth0":                {ip: vip, bits: 32, device: "eth0"},
		vip + "/24/eth0:0":              {ip: vip, bits: 24, device: "eth0", label: "0"},
		vip + "//eth0":                  {ip: vip, device: "eth0"},
		vip + "/24/10.88.0.250":         {ip: vip, bits: 24, broadcast: "10.88.0.250", rule: broadcastGiven},
		vip + "/24//10.88.0.250":        {ip: vip, bits: 24, broadcast: "10.88.0.250", rule: broadcastGiven},
		vip + "/24/eth0/10.88.0.250":    {ip: vip, bits: 24, device: "eth0", broadcast: "10.88.0.250", rule: broadcastGiven},
		vip + "/24/eth0/10.88.0.250/x":  {ip: vip, bits: 24, device: "eth0", broadcast: "10.88.0.250", rule: broadcastGiven},
		vip + "/24/eth0/+":              {ip: vip, bits: 24, device: "eth0", rule: broadcastComputed},
		vip + "/24/eth0/-":              {ip: vip, bits: 24, device: "eth0", rule: broadcastNetwork},
		vip + "/24/eth0/x":              {ip: vip, bits: 24, device: "eth0", invalid: "Invalid broadcast address [x]."},
		vip + "/255.255.255.0/eth0":     {ip: vip, bits: 24, device: "eth0", warning: "Please convert dotted quad netmask 255.255.255.0 to CIDR notation 24!"},
		vip + "/255.255.255.255":        {ip: vip, bits: 32, warning: "Please convert dotted quad netmask 255.255.255.255 to CIDR notation 32!"},
		vip + "/255.0.255.0":            {ip: vip, invalid: "Invalid netmask specification [255.0.255.0]."},
		vip + "/33":                     {ip: vip, invalid: "Invalid netmask specification [33]."},
		vip + "/0":                      {ip: vip, invalid: "Invalid netmask specification [0]."},
		vip + "/+8":                     {ip: vip, invalid: "Invalid netmask specification [+8]."},
		vip + "/eth0":                   {ip: vip, invalid: "Invalid netmask specification [eth0]."},
		"0.1.2.3":                       {invalid: "IP address [0.1.2.3] not valid."},
		"10.88.0.256":                   {invalid: "IP address [10.88.0.256] not valid."},
		"10.88.0":                       {invalid: "IP address [10.88.0] not valid."},
		"":                              {invalid: "IP address [] not valid."},
		"fd00:0:0:0:0:0:0:1/64/eth0":    {bits: 64, device: "eth0", invalid: "The IPv6 does not support lvs_support"},
		"10.88.0.80/24/eth0:0/10.1.2.3": {ip: vip, bits: 24, device: "eth0", label: "0", broadcast: "10.1.2.3", rule: broadcastGiven},
	}
	for arg, c := range cases {
		t.Run(arg, func(t *testing.T) {
			w := parseWish(arg)
			got := want{device: w.device, label: w.label, bits: w.bits, rule: w.rule, warning: w.warning}
			if w.ip.IsValid() {
				got.ip = w.ip.String()
			}
			if w.broadcast.IsValid() {
				got.broadcast = w.broadcast.String()
			}
			if w.invalid != nil {
				got.invalid = w.invalid.Error()
			}
			if c.bits > 32 {
				c.bits = 0
			}
			if got != c {
				t.Errorf("got  %+v\nwant %+v", got, c)
			}
		})
	}
}

func FuzzParseWish(f *testing.F) {
	for _, s := range []string{"10.88.0.80/32/eth0:0", "1.2.3.4/255.255.0.0//9.9.9.9", "////", "fd00::1/64", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		w := parseWish(arg)
		if w.invalid == nil && (!w.ip.Is4() || w.bits < 0 || w.bits > 32) {
			t.Errorf("%q is taken as %+v", arg, w)
		}
		if w.rule == broadcastGiven && !w.broadcast.Is4() {
			t.Errorf("%q: broadcast %v", arg, w.broadcast)
		}
	})
}

func TestLastOf(t *testing.T) {
	for p, want := range map[string]string{
		"10.88.0.80/24": "10.88.0.255", "10.88.0.80/32": "10.88.0.80", "10.88.0.80/29": "10.88.0.87", "10.88.0.80/1": "127.255.255.255",
	} {
		if got := lastOf(netip.MustParsePrefix(p)); got.String() != want {
			t.Errorf("%s: %s, want %s", p, got, want)
		}
	}
}

func TestRemembered(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"10.1.1.1 32 255.255.255.255 lo", "10.1.1.1 32 none lo lo:0"} {
		a, err := parseRemembered(text + "\n")
		must(t, err)
		must(t, remember(dir, a))
		if got := read(t, dir, "10.1.1.1"); got != text+"\n" {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	for _, bad := range []string{"", "10.1.1.1", "x 32 none lo", "10.1.1.1 32 x lo", "10.1.1.1 99 none lo"} {
		if a, err := parseRemembered(bad); err == nil {
			t.Errorf("%q is taken as %+v", bad, a)
		}
	}
}

// The judgement table of ResourceManager.
func TestRunning(t *testing.T) {
	for out, want := range map[string]bool{
		"INFO:  Running OK\n":          true,
		"INFO:  Resource is stopped\n": false,
		"is running with pid: 5":       true,
		"is not running":               false,
		"Not Running":                  false,
		"noT x\ny running":             false,
		"NOT OK":                       true,
		"BROKEN":                       true,
		"RUNNING":                      false,
		"":                             false,
		"stopped":                      false,
		"nothing. running":             true,
		"unused":                       false,
		"notrunning":                   true,
	} {
		if got := running([]byte(out)); got != want {
			t.Errorf("%q: %v, want %v", out, got, want)
		}
	}
}
