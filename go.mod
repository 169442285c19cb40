module lvsha

go 1.26.0

require (
	github.com/sirupsen/logrus v1.10.2
	go.uber.org/goleak v1.3.0
)

require github.com/vishvananda/netns v0.0.5 // indirect

require (
	github.com/dlclark/regexp2 v1.12.0
	github.com/vishvananda/netlink v1.3.1
	golang.org/x/sys v0.49.0
)
