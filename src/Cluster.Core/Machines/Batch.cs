using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>What leaves the node when the events before it are in the journal.</summary>
/// <remarks>An empty batch has no lists, because a node has many objects and most are idle.</remarks>
public sealed class Batch
{
    /// <summary>In place of a token: the news is for every subscriber.</summary>
    public const ulong ToAll = 0;

    private List<(int Pid, Result Result)>? _results;
    private List<(ulong Token, Reply Reply)>? _replies;
    private List<Request>? _requests;
    private List<(ulong Token, Reply News)>? _news;

    /// <summary>Results of calls, each with its process.</summary>
    public IReadOnlyList<(int Pid, Result Result)> Results => _results ?? [];

    /// <summary>Answers to requests, each with the token that came with the request.</summary>
    public IReadOnlyList<(ulong Token, Reply Reply)> Replies => _replies ?? [];

    /// <summary>Requests to other entities.</summary>
    public IReadOnlyList<Request> Requests => _requests ?? [];

    /// <summary>
    /// News for subscribers: for the one whose subscription came with the token, or <see cref="ToAll"/>.
    /// </summary>
    public IReadOnlyList<(ulong Token, Reply News)> News => _news ?? [];

    /// <summary>Whether the batch is empty.</summary>
    public bool IsEmpty => _results is null && _replies is null && _requests is null && _news is null;

    /// <summary>Empties the batch.</summary>
    public void Clear()
    {
        _results = null;
        _replies = null;
        _requests = null;
        _news = null;
    }

    internal void Add(int pid, Result result) => (_results ??= []).Add((pid, result));

    internal void Add(ulong token, Reply reply) => (_replies ??= []).Add((token, reply));

    internal void Add(Request request) => (_requests ??= []).Add(request);

    internal void AddNews(ulong token, Reply news) => (_news ??= []).Add((token, news));

    /// <summary>Moves everything to the end of another batch.</summary>
    internal void MoveTo(Batch other)
    {
        Move(ref _results, ref other._results);
        Move(ref _replies, ref other._replies);
        Move(ref _requests, ref other._requests);
        Move(ref _news, ref other._news);
    }

    private static void Move<T>(ref List<T>? from, ref List<T>? to)
    {
        if (to is null) to = from;
        else if (from is not null) to.AddRange(from);
        from = null;
    }
}
