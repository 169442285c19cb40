package pair

import (
	"os"
	"path/filepath"
)

// Swap puts the other program on a node on which none runs, as an exchange of
// packages does: the program, its init script and its resource scripts. The
// configuration, the generation and the identity stay. stage is ours as laid out.
func (n *Node) Swap(to Program, stage string) error {
	const ours = "/usr/libexec/heartbeat /etc/init.d/heartbeat /usr/sbin/ldirectord"
	from, commands := stage, "mount -t tmpfs -o mode=755 tmpfs /usr/share/heartbeat; for f in "+ours+"; do mount --bind "+stage+"/$f $f; done"
	if to == Original {
		from, commands = "/", "umount /usr/share/heartbeat; for f in "+ours+"; do umount $f; done"
	}
	n.Note("swap to " + to.String())
	if err := n.Sh(commands); err != nil {
		return err
	}
	scripts := filepath.Join(n.Dir, "etc", "resource.d")
	if err := os.RemoveAll(scripts); err != nil {
		return err
	}
	if err := os.Mkdir(scripts, 0o755); err != nil {
		return err
	}
	n.Program = to
	return copyTree(filepath.Join(from, "etc/ha.d/resource.d"), scripts)
}
