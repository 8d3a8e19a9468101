using Cluster.Protocol;

namespace Cluster.Core.Tests.Model;

/// <summary>A process of a random run.</summary>
public sealed class Client(int pid, Credentials credentials)
{
    public int Pid { get; } = pid;

    public Credentials Credentials { get; } = credentials;

    public SortedDictionary<ulong, Call> Outstanding { get; } = [];

    /// <summary>The last call that was answered.</summary>
    public Call? LastDone { get; set; }

    /// <summary>The last message it sent with success.</summary>
    public Call? LastSent { get; set; }

    public ulong NextSeq { get; set; } = 1;

    public bool IsConnected { get; set; } = true;

    public ulong Ack => Outstanding.Count == 0 ? NextSeq : Outstanding.First().Key;

    public void OnResult(ulong seq, string outcome)
    {
        if (!IsConnected || !Outstanding.Remove(seq, out var call)) return;
        LastDone = call;
        if (call.Msgsnd is not null && outcome == "ok") LastSent = call;
    }
}
