# make            both binaries into build/
# make install    the layout of the packages below DESTDIR
# make rpm        packages for CentOS 6 to 9, x86_64 and aarch64, into build/rpm
# make srpm       the source packages alone
# make check      format, vet, linters, the rules of the house
# make test       everything: installs the originals (Debian, root), check,
#                 unit tests, simulation, the comparisons in compat-tests/
# make sim        HISTORIES of two nodes in virtual time, each judged
# make chaos      ROUNDS of faults on real pairs, chosen by SEED (0: the clock)
# make fuzz       every fuzz target for FUZZTIME
# make bench      figures side by side with the originals
# make demo       the two directors, two web servers and a client, played

VERSION     := 5.0.0
DESTDIR     ?=
FUZZTIME    ?= 30s
HISTORIES   ?= 100000
ROUNDS      ?= 200
SEED        ?= 0
GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
LDFLAGS     := -s -w -X main.version=$(VERSION)
TOOLS       := hb_standby hb_takeover hb_addnode hb_delnode hb_setsite hb_setweight ResourceManager req_resource mach_down
BUILD       := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'

# The library below libipvs has the netlink structures of some machines only. Those
# of aarch64 are laid out as those of x86_64; a source package brings them.
NLGO   := github.com/hkwi/nlgo
MODULE := $(if $(filter arm64,$(shell $(GO) env GOARCH)),$(if $(wildcard vendor),,build/arm64/go.mod))
BUILD  += $(MODULE:%=-modfile %)

# The race detector needs a C compiler.
RACE := $(shell command -v gcc >/dev/null 2>&1 && test "$$($(GO) env GOARCH)" = amd64 && echo -race)

# The last Go whose programs run on the kernel of CentOS 6.
GO_EL6      ?= $(shell GOTOOLCHAIN=go1.23.12 $(GO) env GOROOT)/bin/go
INITDIR     := /etc/init.d

.PHONY: all install files rpm srpm check test deps unit sim chaos compat fuzz bench demo clean

all: $(MODULE)
	mkdir -p build
	$(BUILD) -o build/heartbeat ./heartbeat
	$(BUILD) -o build/ldirectord ./ldirectord

build/arm64/go.mod: go.mod go.sum
	rm -rf build/arm64 && mkdir -p build/arm64
	$(GO) mod download $(NLGO)
	cp -r $$($(GO) list -m -f '{{.Dir}}' $(NLGO)) build/arm64/nlgo && chmod -R u+w build/arm64/nlgo
	cp build/arm64/nlgo/syscall_linux_amd64.go build/arm64/nlgo/syscall_linux_arm64.go
	test -e build/arm64/nlgo/go.mod || echo 'module $(NLGO)' >build/arm64/nlgo/go.mod
	cp go.sum build/arm64/
	{ cat go.mod; echo; echo 'replace $(NLGO) => ./build/arm64/nlgo'; } >$@

install: all files

# What is built already is laid out; spec files come here.
files:
	install -d $(DESTDIR)/usr/libexec/heartbeat $(DESTDIR)/usr/lib/heartbeat $(DESTDIR)/usr/lib64/heartbeat
	install -d $(DESTDIR)/usr/share/heartbeat $(DESTDIR)/usr/sbin $(DESTDIR)/usr/bin $(DESTDIR)$(INITDIR) $(DESTDIR)/etc/sysconfig $(DESTDIR)/etc/logrotate.d
	install -d $(DESTDIR)/etc/ha.d/resource.d $(DESTDIR)/etc/ha.d/conf $(DESTDIR)/etc/ha.d/rc.d $(DESTDIR)/var/lib/heartbeat
	install -m 0755 build/heartbeat $(DESTDIR)/usr/libexec/heartbeat/heartbeat
	install -m 0755 build/ldirectord $(DESTDIR)/usr/sbin/ldirectord
	for t in send_arp ipfail; do ln -sfn heartbeat $(DESTDIR)/usr/libexec/heartbeat/$$t || exit 1; done
	ln -sfn ../libexec/heartbeat/heartbeat $(DESTDIR)/usr/bin/cl_respawn
	ln -sfn ../libexec/heartbeat/heartbeat $(DESTDIR)/usr/sbin/ha_logger
	@# Where 2.1 has them.
	for d in lib lib64; do for t in heartbeat send_arp ipfail $(TOOLS); do \
		ln -sfn ../../libexec/heartbeat/heartbeat $(DESTDIR)/usr/$$d/heartbeat/$$t || exit 1; \
	done; done
	@# Everybody may ask: a copy that has the group of the API and does nothing else.
	install -m 0755 build/heartbeat $(DESTDIR)/usr/bin/cl_status
	-chgrp -f haclient $(DESTDIR)/usr/bin/cl_status && chmod 2555 $(DESTDIR)/usr/bin/cl_status
	for t in $(TOOLS); do ln -sfn ../../libexec/heartbeat/heartbeat $(DESTDIR)/usr/share/heartbeat/$$t || exit 1; done
	cp -P resource.d/* $(DESTDIR)/etc/ha.d/resource.d/
	cd packaging/ha.d && for f in harc shellfuncs rc.d/*; do \
		mode=0755; test -x $$f || mode=0644; \
		test -e $(DESTDIR)/etc/ha.d/$$f || install -m $$mode $$f $(DESTDIR)/etc/ha.d/$$f || exit 1; \
	done
	install -m 0755 packaging/init.d/heartbeat packaging/init.d/ldirectord $(DESTDIR)$(INITDIR)/
	for f in packaging/sysconfig/*; do \
		test -e $(DESTDIR)/etc/sysconfig/$${f##*/} || install -m 0644 $$f $(DESTDIR)/etc/sysconfig/ || exit 1; \
	done
	install -m 0644 packaging/logrotate/* $(DESTDIR)/etc/logrotate.d/
	install -m 0755 packaging/lvs-realserver $(DESTDIR)/usr/sbin/lvs-realserver
	install -m 0755 packaging/init.d/lvs-realserver $(DESTDIR)$(INITDIR)/
	install -d $(DESTDIR)/usr/lib/systemd/system
	install -m 0644 packaging/systemd/*.service $(DESTDIR)/usr/lib/systemd/system/
	install -d $(DESTDIR)/usr/lib/sysusers.d $(DESTDIR)/usr/lib/tmpfiles.d $(DESTDIR)/usr/lib/firewalld/services
	install -m 0644 packaging/sysusers.d/heartbeat.conf $(DESTDIR)/usr/lib/sysusers.d/
	install -m 0644 packaging/tmpfiles.d/heartbeat.conf $(DESTDIR)/usr/lib/tmpfiles.d/
	install -m 0644 packaging/firewalld/heartbeat.xml $(DESTDIR)/usr/lib/firewalld/services/
	for n in 1 5 8; do \
		install -d $(DESTDIR)/usr/share/man/man$$n && install -m 0644 packaging/man/*.$$n $(DESTDIR)/usr/share/man/man$$n/ || exit 1; \
	done

rpm:
	GO="$(GO)" GO_EL6="$(GO_EL6)" packaging/rpm/build.sh -ba $(VERSION)

srpm:
	GO="$(GO)" GO_EL6="$(GO_EL6)" packaging/rpm/build.sh -bs $(VERSION)

check:
	@out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "gofmt wants these changed:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) test -count=1 .

deps:
	packaging/test-deps.sh

unit:
	$(GO) test $(RACE) ./heartbeat/... ./ldirectord/... ./pkg/...

# The race detector is in unit, with fewer histories.
sim:
	$(GO) test -count=1 -timeout 30m -run TestRandomHistories ./pkg/ha/core -histories $(HISTORIES)

# Real pairs under random faults: make chaos ROUNDS=500 SEED=7.
chaos: all
	$(GO) test -count=1 -v -timeout 0 -run TestRounds ./compat-tests/chaos -rounds $(ROUNDS) -seed $(SEED) -output $(CURDIR)/build/chaos

# Those that boot a kernel of their own, one at a time: it has one processor, and
# the originals in it are slow enough. The others wait for timers most of the time.
GUESTS := disks ldirectord packages realserver syncdaemon uml
compat: all rpm
	$(GO) test -count=1 -p 2 -timeout 40m $(filter-out $(GUESTS:%=lvsha/compat-tests/%),$(shell $(GO) list ./compat-tests/...))
	$(GO) test -count=1 -p 1 -timeout 40m $(GUESTS:%=./compat-tests/%)

test: deps check unit sim compat

fuzz:
	@for p in $$($(GO) list ./pkg/...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
		done; \
	done

bench: deps all
	$(GO) run ./compat-tests/bench

demo: deps all
	$(GO) run ./compat-tests/demo

clean:
	rm -rf build
