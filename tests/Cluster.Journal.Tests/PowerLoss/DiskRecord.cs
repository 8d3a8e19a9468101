namespace Cluster.Journal.Tests.PowerLoss;

/// <summary>What happened to a few files, in order, and what the program has said in between.</summary>
internal sealed class DiskRecord
{
    private readonly List<Step> _steps = [];

    internal enum Kind
    {
        Write,
        Truncate,
        Sync,
        Remove,
        RemoveForGood,
        Began,
        Answered,
    }

    /// <summary>The steps.</summary>
    public IReadOnlyList<Step> Steps => _steps;

    /// <summary>The step from which on a power loss is of interest.</summary>
    public int Start { get; private set; }

    /// <summary>The files are in use from here on.</summary>
    public void IsReady() => Start = _steps.Count;

    /// <summary>The program has begun a commit.</summary>
    public void Began(int commit) => _steps.Add(new Step(Kind.Began, string.Empty, commit, []));

    /// <summary>The program has answered that a commit is durable.</summary>
    public void Answered(int commit) => _steps.Add(new Step(Kind.Answered, string.Empty, commit, []));

    public void Write(string path, long at, ReadOnlySpan<byte> bytes) =>
        _steps.Add(new Step(Kind.Write, path, at, bytes.ToArray()));

    public void Truncate(string path, long length) => _steps.Add(new Step(Kind.Truncate, path, length, []));

    public void Sync(string path) => _steps.Add(new Step(Kind.Sync, path, 0, []));

    public void Remove(string path, bool isForGood) =>
        _steps.Add(new Step(isForGood ? Kind.RemoveForGood : Kind.Remove, path, 0, []));

    /// <summary>One step.</summary>
    /// <param name="What">What happened.</param>
    /// <param name="Path">To which file.</param>
    /// <param name="At">The place of a write, a new length, or the number of a commit.</param>
    /// <param name="Bytes">What was written.</param>
    internal readonly record struct Step(Kind What, string Path, long At, byte[] Bytes);
}
