namespace Cluster.Cli.Kinds;

/// <summary>The names of a kind in util-linux, in the man pages and in sentences.</summary>
internal sealed record KindNames
{
    /// <summary>The prefix of its calls, its file in /proc/sysvipc and its verb: msg.</summary>
    public required string Word { get; init; }

    /// <summary>The letter of its options: q, and Q for ipcmk and for keys.</summary>
    public required char Letter { get; init; }

    /// <summary>The stem of its long options: queue gives --queue, --queues, --queue-id and --queue-key.</summary>
    public required string Option { get; init; }

    /// <summary>A long option for an id that earlier versions had. Scripts may use it still: --shm.</summary>
    public required string OldOption { get; init; }

    /// <summary>The kind in a sentence: message queue.</summary>
    public required string Noun { get; init; }

    /// <summary>The kind in a sentence of ipcrm, where it differs.</summary>
    public string? RemovedNoun { get; init; }

    /// <summary>The kind in the output of ipcmk: "Message queue id: 0".</summary>
    public required string MadeNoun { get; init; }

    /// <summary>The kind in a sentence about one of its calls: queue.</summary>
    public required string ShortNoun { get; init; }

    /// <summary>Its id in the man pages: msqid.</summary>
    public required string IdName { get; init; }

    /// <summary>Its objects in the JSON of ipcs and lsipc: messages.</summary>
    public required string JsonName { get; init; }
}
