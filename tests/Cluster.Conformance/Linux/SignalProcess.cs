using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Cluster.Conformance.Linux;

/// <summary>
/// A real process that gets signals. It has one thread, so that its mask is that of the process, which a .NET program cannot
/// have. It makes the system calls of x86-64 by their numbers, on command.
/// </summary>
internal sealed class SignalProcess : IDisposable
{
    private const int PatienceMs = 120_000;

    // In a group of its own, which is not orphaned: SIGTSTP, SIGTTIN and SIGTTOU do not stop an orphaned group.
    // Each command is a line: its letter and its numbers. Each answer is a line of numbers, errno first.
    private const string Program = """
        use strict; $| = 1; setpgrp(0, 0);
        sub call { my $r = syscall(shift, @_); $r == -1 ? $! + 0 : 0 }
        my $none = pack("Q4", 0, 0, 0, 0);
        for my $s (1 .. 64) { call(13, $s, $none, 0, 8) unless $s == 9 || $s == 19 }
        my $empty = pack("Q", 0); call(14, 2, $empty, 0, 8);
        print "0\n";
        while (defined(my $line = <STDIN>)) {
          my ($c, @n) = split ' ', $line;
          if ($c eq 'm') {
            my ($set, $old) = (pack("Q", $n[1]), pack("Q", 0));
            my $e = call(14, $n[0] + 0, $set, $old, 8);
            print "$e ", unpack("Q", $old), "\n";
          } elsif ($c eq 'p') {
            my $set = pack("Q", 0);
            my $e = call(127, $set, 8);
            print "$e ", unpack("Q", $set), "\n";
          } elsif ($c eq 'w') {
            my ($set, $info, $time) = (pack("Q", $n[0]), "\0" x 128, pack("q2", 0, 0));
            my $e = call(128, $set, $info, $time, 8);
            my ($signo, $errno, $code, $pad, $pid, $uid, $value) = unpack("l l l l l L q", $info);
            print "$e $signo $code $pid $uid $value\n";
          } elsif ($c eq 'a') {
            my $act = pack("Q4", $n[1], 0, 0, 0);
            print call(13, $n[0] + 0, $act, 0, 8), "\n";
          } else { print "0\n" }
        }
        """;

    private readonly Process _process;
    private Task<string?>? _answer; // of a call that was made, and has not returned

    public SignalProcess()
    {
        var start = new ProcessStartInfo("perl", ["-e", Program])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, StandardInputEncoding = new UTF8Encoding(false),
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("no process");
        _process.StandardInput.AutoFlush = true;
        _process.StandardOutput.ReadLine();
    }

    public int Pid => _process.Id;

    /// <summary>Whether its last call has not returned, because it unblocked a signal that has stopped the process.</summary>
    public bool IsCalling => _answer is not null;

    /// <summary>Makes a call; null: the process has ended, or is stopped in the call.</summary>
    public long[]? Call(char command, params ReadOnlySpan<ulong> numbers)
    {
        try
        {
            var line = new StringBuilder().Append(command);
            foreach (var number in numbers) line.Append(CultureInfo.InvariantCulture, $" {number}");
            _process.StandardInput.Write(line.Append('\n').ToString());
        }
        catch (IOException)
        {
            return null;
        }

        _answer = _process.StandardOutput.ReadLineAsync();
        return Answer();
    }

    /// <summary>The result of its call; null: as of <see cref="Call"/>.</summary>
    public long[]? Answer()
    {
        for (var end = Environment.TickCount64 + PatienceMs; !_answer!.IsCompleted; Thread.Yield())
        {
            if (State() == 'T') return null;
            if (Environment.TickCount64 > end) throw new InvalidOperationException("the process says nothing");
        }

        var answer = _answer.Result;
        _answer = null;
        return answer is null ? null : [.. answer.Split(' ').Select(Parse)];
    }

    /// <summary>The signal that killed it; 0: it has not ended, or otherwise.</summary>
    public int AwaitDeath() => _process.WaitForExit(PatienceMs) ? Math.Max(0, _process.ExitCode - 128) : 0;

    /// <summary>Whether it is stopped; false also if it has ended.</summary>
    public bool AwaitStop()
    {
        for (var end = Environment.TickCount64 + PatienceMs; Environment.TickCount64 < end; Thread.Yield())
        {
            var state = State();
            if (state is 'T' or 'Z' or 'X') return state == 'T';
        }

        return false;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private char State()
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{Pid}/stat")).Split(") ")[^1][0];
        }
        catch (IOException)
        {
            return 'X';
        }
    }

    // A set with all its bits is above the highest long.
    private static long Parse(string number) => number.StartsWith('-')
        ? long.Parse(number, CultureInfo.InvariantCulture)
        : (long)ulong.Parse(number, CultureInfo.InvariantCulture);
}
