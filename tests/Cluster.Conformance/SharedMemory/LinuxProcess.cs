using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Machine = System.Runtime.InteropServices.Architecture;

namespace Cluster.Conformance.SharedMemory;

/// <summary>
/// A process of the kernel under the tests that makes shared memory calls on command: a perl, which most Linux
/// systems have and which can make any system call. Its death is a real one.
/// </summary>
public sealed class LinuxProcess : IDisposable
{
    // A line in, a line out: the call's result, or "-errno". A stat answers the members of struct shmid_ds.
    private const string Script = """
        $| = 1;
        my ($get, $at, $ctl, $dt) = splice(@ARGV, 0, 4);
        if (@ARGV) { $) = "$ARGV[1] $ARGV[1]"; $> = $ARGV[0]; }
        while (<STDIN>) {
          my ($verb, @a) = split;
          $_ += 0 for @a;
          my $b = pack("l L5 x88", 0, $a[2] // 0, $a[3] // 0, 0, 0, $a[4] // 0);
          my $r = $verb eq "get" ? syscall($get, @a)
            : $verb eq "at" ? syscall($at, $a[0], 0, $a[1])
            : $verb eq "dt" ? syscall($dt, $a[0])
            : syscall($ctl, $a[0], $a[1], $b);
          if ($r == -1) { print "-", $! + 0, "\n"; }
          elsif ($verb eq "stat") {
            my @p = unpack("l L5", $b);
            my @m = unpack("Q4 L2 Q", substr($b, 48));
            print "@p @m\n";
          }
          else { print "$r\n"; }
        }
        """;

    private readonly Process _process;

    /// <param name="uid">Its effective user; null: the user of the tests.</param>
    /// <param name="gid">Its effective and only group.</param>
    public LinuxProcess(uint? uid, uint gid)
    {
        string[] numbers = RuntimeInformation.ProcessArchitecture == Machine.X64
            ? ["29", "30", "31", "67"]
            : ["194", "196", "195", "197"];
        string[] identity = uid is { } user ? [$"{user}", $"{gid}"] : [];
        _process = Process.Start(new ProcessStartInfo("perl", ["-e", Script, .. numbers, .. identity])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
    }

    public int Pid => _process.Id;

    /// <summary>Whether there can be such processes here.</summary>
    public static bool MayExist =>
        OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture is Machine.X64 or Machine.Arm64
        && File.Exists("/usr/bin/perl") && File.Exists("/proc/sysvipc/shm");

    /// <summary>The effective user of the tests; only root can be others.</summary>
    [DllImport("libc")]
    public static extern uint geteuid();

    [DllImport("libc")]
    public static extern uint getegid();

    /// <summary>Makes a call. Returns its result, or minus its errno.</summary>
    public long Call(string verb, params long[] arguments) =>
        long.Parse(Ask(verb, arguments), CultureInfo.InvariantCulture);

    /// <summary>IPC_STAT: the members, in their order; or minus the errno, alone.</summary>
    public long[] Stat(long id) =>
        [.. Ask("stat", [id, 2]).Split(' ').Select(member => long.Parse(member, CultureInfo.InvariantCulture))];

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }

    private string Ask(string verb, long[] arguments)
    {
        _process.StandardInput.WriteLine($"{verb} {string.Join(' ', arguments)}");
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the process is gone");
    }
}
