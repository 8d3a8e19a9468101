namespace Cluster.Simulation.Futexes;

/// <summary>Who had one lock, by the tokens that the holders were told.</summary>
internal sealed class LockHistory
{
    private readonly SortedDictionary<ulong, Hold> _holds = [];

    /// <summary>How often a holder was told of the death of the one before.</summary>
    public int Deaths => _holds.Values.Count(hold => hold.OwnerDied);

    /// <summary>How often the lock was had.</summary>
    public int Count => _holds.Count;

    /// <summary>A program has the lock.</summary>
    public Hold Add(FutexProgram program, ulong token, bool ownerDied)
    {
        if (_holds.Count > 0 && _holds.Keys.Last() > token && !_holds.Values.Last().Program.IsDead)
            throw new SimulationException($"the token {token} comes after {_holds.Keys.Last()}");
        var hold = new Hold(program, ownerDied);
        _holds.Add(token, hold);
        return hold;
    }

    /// <summary>Checks a run that has ended.</summary>
    /// <param name="someUnheard">Whether a program died that may have had the lock without knowing it.</param>
    public void Check(bool someUnheard)
    {
        Hold? before = null;
        foreach (var (token, hold) in _holds)
        {
            if (before is not null) Check(before, hold, token, someUnheard);
            before = hold;
        }
    }

    private static void Check(Hold before, Hold hold, ulong token, bool someUnheard)
    {
        var isOver = before.Program.IsDead || before.Waited || (before.UnlockedAt is { } at && at < token);
        if (!isOver) throw new SimulationException($"the lock was given at {token}, and somebody had it");
        var died = before.Program.IsDead && before is { IsUnlocking: false, Waited: false };
        if (died && !hold.OwnerDied) throw new SimulationException($"nobody was told of a death at {token}");
        var isClean = before.UnlockedAt is not null || (before.Waited && !before.Program.IsDead);
        if (isClean && hold.OwnerDied && !someUnheard)
            throw new SimulationException($"a death was told at {token}, and nobody died");
    }

    /// <summary>One time that a program had the lock.</summary>
    public sealed class Hold(FutexProgram program, bool ownerDied)
    {
        public FutexProgram Program => program;

        public bool OwnerDied => ownerDied;

        /// <summary>The unlock has begun.</summary>
        public bool IsUnlocking { get; set; }

        /// <summary>A wait for a condition has begun, which gives the lock up.</summary>
        public bool Waited { get; set; }

        /// <summary>The revision of the unlock.</summary>
        public ulong? UnlockedAt { get; set; }
    }
}
