using Cluster.Protocol;

namespace Cluster.Core.Tests.Worlds;

/// <summary>A client process: it numbers its calls, remembers which are unanswered, and acknowledges.</summary>
public sealed class Session(string name, int pid, Credentials credentials, ulong number, string path)
{
    public string Name { get; } = name;

    public int Pid { get; } = pid;

    public Credentials Credentials { get; } = credentials;

    /// <summary>The number of its namespace.</summary>
    public ulong Namespace { get; } = number;

    /// <summary>The path of its namespace.</summary>
    public string Path { get; } = path;

    public Google.Protobuf.ByteString Token { get; } = Google.Protobuf.ByteString.CopyFromUtf8(name);

    /// <summary>Calls without a result.</summary>
    public SortedDictionary<ulong, (EntityKey To, Call Call)> Outstanding { get; } = [];

    /// <summary>The last call, answered or not.</summary>
    public (EntityKey To, Call Call) Last { get; set; }

    public HashSet<EntityKey> Touched { get; } = [];

    public ulong NextSeq { get; set; } = 1;

    public bool IsConnected { get; set; } = true;

    public bool IsSilent { get; set; }

    public bool HasExited { get; set; }

    /// <summary>The process has every result below this.</summary>
    public ulong Ack => Outstanding.Count == 0 ? NextSeq : Outstanding.First().Key;
}
