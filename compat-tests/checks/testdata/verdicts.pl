# Runs the original ldirectord up to where its checks would begin and then lets
# each check of each virtual service run once, in a process of its own. Prints
# "NUMBER VERDICT TEXT" lines. Arguments: the configuration, how many seconds a
# check may take, how many run at once. With 0 of the latter all run one after the
# other in this process, as the daemon's own do; it prints how many servers are up,
# the seconds and the seconds of processor time that one pass took after a first.
use strict;
use warnings;

my ($config, $patience, $parallel) = @ARGV;
open(my $results, ">&", \*STDOUT) or die;
open(STDOUT, ">", "/dev/null") or die;
$results->autoflush(1);

open(my $source, "<", "/usr/sbin/ldirectord") or die;
my $text = do { local $/; <$source> };
$text =~ s/^__END__$.*//ms;

our $run = sub {
	my ($virtuals, $check) = @_;
	$SIG{CHLD} = "DEFAULT";
	# What the checks load once is loaded before they multiply.
	for my $module (qw(LWP::UserAgent LWP::Protocol::https Net::HTTP Net::SMTP Net::FTP Mail::POP3Client Net::IMAP::Simple
		IO::Socket::SSL Net::LDAP Net::DNS Authen::Radius DBI DBD::mysql DBD::Pg)) {
		(my $file = "$module.pm") =~ s,::,/,g;
		eval { local $SIG{__DIE__} = "DEFAULT"; require $file };
	}
	return pass($virtuals, $check) unless $parallel;
	my %running;
	my $reap = sub {
		my $pid = wait;
		delete $running{$pid};
	};
	for my $i (0 .. $#$virtuals) {
		$reap->() while keys %running >= $parallel;
		my $pid = fork;
		die "fork: $!" unless defined $pid;
		if ($pid) {
			$running{$pid} = $i;
			next;
		}
		judge($i, $virtuals->[$i], $check);
	}
	$reap->() while %running;
	require POSIX;
	POSIX::_exit(0);
};

# pass times all checks.
sub pass {
	my ($virtuals, $check) = @_;
	require Time::HiRes;
	my $up;
	no warnings "redefine";
	*main::service_set = sub { $up++ if $_[2] eq "up" };
	my @first = map { [$_, $_->{real}[0]] } @$virtuals;
	$check->(@$_) for @first;
	$up = 0;
	my ($begun, @before) = (Time::HiRes::time(), times);
	for my $v (@$virtuals) {
		$check->($v, $_) for @{$v->{real}};
	}
	my @after = times;
	printf $results "%d %.6f %.6f\n", $up, Time::HiRes::time() - $begun, $after[0] + $after[1] - $before[0] - $before[1];
	require POSIX;
	POSIX::_exit(0);
}

# judge watches over the process in which a check runs.
sub judge {
	my ($i, $v, $check) = @_;
	pipe(my $in, my $out) or die;
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		close $in;
		open(STDERR, ">", "/dev/null");
		no warnings "redefine";
		*main::service_set = sub {
			my (undef, undef, $state, undef, $message) = @_;
			$message = "-" unless defined $message;
			$message =~ s/\s+/ /g;
			syswrite($out, "$state " . substr($message, 0, 120) . "\n");
		};
		my $done = eval { $check->($v, $_) for @{$v->{real}}; 1 };
		syswrite($out, "dies " . ($@ =~ s/\s+/ /gr) . "\n") unless $done;
		require POSIX;
		POSIX::_exit(0);
	}
	close $out;
	my $ready = "";
	vec($ready, fileno($in), 1) = 1;
	my $line = "";
	if (!select($ready, undef, undef, $patience)) {
		$line = "hangs\n";
	} else {
		$line = <$in> // "silent\n"; # down without a word, as some are
	}
	kill 9, $pid;
	waitpid($pid, 0);
	print $results "$i $line";
	require POSIX;
	POSIX::_exit(0);
}

# The last words of the program's text replace what would begin to work.
@ARGV = ("-d", $config, "start");
$0 = "/usr/sbin/ldirectord";
$ENV{PERLIO} = "perlio";
no strict;
no warnings;
eval $text . q{
	BEGIN {
		no warnings "redefine";
		*ld_start = sub {};
		*ld_cmd_children = sub {};
		*ld_main = sub { $main::run->(\@VIRTUAL, \&_check_real) };
	}
	1;
};
die $@;
