using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>What may leave the node once the events before it are in the journal.</summary>
public sealed class Batch
{
    /// <summary>Results of calls, with the process each is for.</summary>
    public List<(int Pid, Result Result)> Results { get; } = [];

    /// <summary>Answers to requests, with the token that came with the request.</summary>
    public List<(ulong Token, Reply Reply)> Replies { get; } = [];

    /// <summary>Requests to other entities.</summary>
    public List<Request> Requests { get; } = [];

    /// <summary>News for the subscribers.</summary>
    public List<Reply> News { get; } = [];

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => Results.Count == 0 && Replies.Count == 0 && Requests.Count == 0 && News.Count == 0;

    /// <summary>Removes all.</summary>
    public void Clear()
    {
        Results.Clear();
        Replies.Clear();
        Requests.Clear();
        News.Clear();
    }

    internal void MoveTo(Batch other)
    {
        other.Results.AddRange(Results);
        other.Replies.AddRange(Replies);
        other.Requests.AddRange(Requests);
        other.News.AddRange(News);
        Clear();
    }
}
