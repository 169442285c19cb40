# Reads files as the installed ldirectord reads them, many in one process. Its
# program text is loaded without the calls that start it; what would end the
# process, write a log or ask the network is replaced. Paths come on standard
# input; for each a block is written that ends with a line of one dot:
#
#   exit N              0 read, 2 refused, else an accident of the program
#   say TEXT            what it told, one line each
#   NAME=VALUE          what it understood, with the defaults filled in
#
# Bytes below 32, above 126 and the backslash are written as \xNN.
use strict;
use warnings;

our (@said, %services);
BEGIN { $ENV{PERLIO} = "perlio"; $ENV{HOSTNAME} = "lb1"; }

my $program = shift @ARGV;
open(my $in, "<", $program) or die "$program: $!";
my $text = do { local $/; <$in> };
close($in);
$text =~ s/^ld_init\(\);.*?^# functions$//ms or die "no main part in $program";
open(STDERR, ">", "/dev/null") unless $ENV{ORACLE_DEBUG};
{
	no strict;
	no warnings;
	eval "package main; $text; 1" or die "load $program: $@";
}

for my $line (split /\n/, $ENV{ORACLE_SERVICES}) {
	my ($name, $port, $protocol, @alias) = split /[\s\/]+/, $line;
	push @{$services{$_}}, [$protocol, $port] for $name, @alias;
}

no warnings 'redefine';
no warnings 'once';
*main::ld_rm_file = sub { };
*main::ld_log = sub { };
*main::ld_exit = sub { die "exit $_[0]\n" };
*main::__config_log = sub {
	my ($line, $prefix, $msg) = @_;
	chomp $msg;
	push @said, "$prefix " . ($line > 0 ? $line : 0) . " $msg";
};
# Names are known to nobody but localhost.
*main::ld_gethostbyname = sub {
	my ($name, $af) = @_;
	$name = $1 if $name =~ /\[(.*)\]/;
	if ($name eq "localhost") {
		return $af == AF_INET6() ? "[::1]" : "127.0.0.1";
	}
	my @host = getaddrinfo($name, 0, $af, 0, 0, 4); # AI_NUMERICHOST
	return undef unless defined $host[3];
	my @ret = getnameinfo($host[3], NI_NUMERICHOST() | NI_NUMERICSERV());
	return $host[0] == AF_INET6() ? "[$ret[0]]" : $ret[0];
};
*main::ld_getservbyname = sub {
	my ($name, $protocol) = @_;
	if ($name =~ /^[0-9]+$/) {
		return ($name >= 0 and $name < 65536) ? $name : undef;
	}
	for my $s (@{$services{$name} || []}) {
		return $s->[1] if $protocol eq "" or $protocol eq $s->[0];
	}
	return undef;
};

sub show {
	my ($name, $value) = @_;
	$value = "" unless defined $value;
	$value =~ s/([^ -~]|\\)/sprintf("\\x%02x", ord $1)/ge;
	print "$name=$value\n";
}

sub number {
	my ($n) = @_;
	$n = 0 + (defined $n ? $n : 0);
	return $n > 2147483647 ? 2147483647 : $n;
}

sub mark {
	my ($n) = @_;
	return $n > 4294967295 ? 4294967295 : 0 + $n;
}

# given is the first setting that is not the mark of a missing one.
sub given {
	for (@_) { return number($_) if defined $_ and $_ > 0; }
	return 0;
}

sub globals {
	no strict 'vars';
	show("autoreload", $AUTOCHECK);
	show("callback", $CALLBACK);
	show("logfile", $LDIRLOG);
	show("fork", $FORKING);
	show("supervised", $SUPERVISED);
	show("readdquiescent", $READDQUIESCENT);
	show("maintenancedir", $MAINTDIR);
	show("checkinterval", number($CHECKINTERVAL));
	show("execute", join ",", sort keys %LD_INSTANCE);
}

sub virtual {
	no strict 'vars';
	my ($v) = @_;
	my $mark = $v->{protocol} eq "fwm";
	show("virtual", $mark ? "fwm " . mark($v->{fwm}) . " " . ($v->{addressfamily} == AF_INET6() ? 6 : 4)
		: "$v->{protocol} $v->{server} " . number($v->{port}));
	show("checktype", $v->{checktype});
	show("connects", $v->{checktype} eq "combined" ? number($v->{num_connects}) : 0);
	show("checktimeout", given($v->{checktimeout}, $v->{negotiatetimeout}, $CHECKTIMEOUT, $NEGOTIATETIMEOUT, 5));
	show("negotiatetimeout", given($v->{negotiatetimeout}, $v->{checktimeout}, $NEGOTIATETIMEOUT, $CHECKTIMEOUT, 30));
	show("interval", number($FORKING eq "yes" && defined $v->{checkinterval} ? $v->{checkinterval} : $CHECKINTERVAL));
	show("checkcount", given($v->{checkcount}, $CHECKCOUNT));
	show("failurecount", given($v->{failurecount}, $FAILURECOUNT));
	for my $name (qw(service scheduler schedflags checkcommand request receive httpmethod database secret monitorfile
		servicename comment)) {
		show($name, $v->{$name});
	}
	# The login that belongs to a service shall hold also where the port names it,
	# and blanks behind a host name shall not be sent.
	my ($login, $passwd) = ($v->{login}, $v->{passwd});
	if ($v->{service} =~ /^(ftp|sip)$/ and $login eq "") {
		$login = $v->{service} eq "ftp" ? "anonymous" : "ldirectord\@$HOSTNAME";
	}
	$passwd = "ldirectord\@$HOSTNAME" if $v->{service} eq "ftp" and $passwd eq "";
	show("login", $login);
	show("passwd", $passwd);
	my $host = $v->{virtualhost};
	$host =~ s/\s+$// if defined $host;
	show("virtualhost", defined $host ? "given $host" : "none");
	show("checkport", number($v->{checkport}));
	show("persistent", number($v->{persistent}));
	show("netmask", $v->{netmask});
	show("ops", $v->{ops});
	show("quiescent", defined $v->{quiescent} ? $v->{quiescent} : $QUIESCENT);
	show("cleanstop", defined $v->{cleanstop} ? $v->{cleanstop} : $CLEANSTOP);
	show("fallbackcommand", defined $v->{fallbackcommand} ? $v->{fallbackcommand} : $FALLBACKCOMMAND);
	show("emailalert", defined $v->{emailalert} ? $v->{emailalert} : $EMAILALERT);
	show("emailalertfrom", $EMAILALERTFROM);
	show("emailalertfreq", number(defined $v->{emailalertfreq} ? $v->{emailalertfreq} : $EMAILALERTFREQ));
	show("emailalertstatus", number(defined $v->{emailalertstatus} ? $v->{emailalertstatus} : $EMAILALERTSTATUS));
	show("smtp", defined $v->{smtp} ? $v->{smtp} : $SMTP);
	my $f = $v->{fallback};
	if (!$f) {
		my $global = $v->{addressfamily} == AF_INET6() ? $FALLBACK6 : $FALLBACK;
		$f = $global->{$mark ? "tcp" : $v->{protocol}} if $global;
	}
	show("fallback", $f ? join(" ", $f->{server}, number(defined $f->{port} ? $f->{port} : $v->{port}), $f->{forward}) : "");
	for my $r (@{$v->{real}}) {
		show("real", join " ", $r->{server}, number($r->{port}), $r->{forward}, number($r->{weight}),
			number($r->{"l-threshold"}), number($r->{"u-threshold"}),
			defined $r->{request} ? "request $r->{request}" : "-", defined $r->{receive} ? "receive $r->{receive}" : "-");
	}
}

$| = 1;
while (my $path = <STDIN>) {
	chomp $path;
	no strict 'vars';
	no warnings;
	@said = ();
	$CONFIG = $path;
	$HOSTNAME = "lb1";
	$DAEMON_STATUS = $DAEMON_STATUS_STARTING;
	my $exit = 0;
	eval {
		local $SIG{ALRM} = sub { die "exit 14\n" };
		alarm 5;
		read_config();
		alarm 0;
		1;
	} or $exit = $@ =~ /^exit (\d+)$/ ? $1 : 255;
	alarm 0;
	close(CFGFILE);
	push @said, "accident $@" if $exit == 255;
	print "exit $exit\n";
	show("say", $_) for @said;
	if ($exit == 0) {
		globals();
		virtual($_) for @VIRTUAL;
	}
	print ".\n";
}
