namespace Cluster.Lab.Checkers.Search;

/// <summary>
/// Looks for an order of the calls of one object that its sequential model allows and that real time allows. After
/// Wing and Gong, with Lowe's just-in-time linearization ("Testing for linearizability", 2017). The search goes through
/// the history once in time, with all configurations that are possible at that moment. It places a call when the call
/// returns, and before it as many of the other calls under way as are needed. So the cost grows with the length of the
/// history times the number of possible configurations, and not with the number of orders of the whole history.
/// <para>
/// Three rules make it fast enough. A read is placed as soon as it is possible, because it never makes another call
/// impossible. Calls with revisions are placed in the order of their revisions. And at first every other call is
/// postponed: it is placed early only if a returning call needs it. If that finds no order, a second search postpones
/// only calls of unknown outcome, and a last search postpones none. Only the last search proves that there is no order.
/// </para>
/// </summary>
internal sealed class OrderSearch<TState>(IModel<TState> model, IReadOnlyList<SearchCall> calls, long budget)
    where TState : IEquatable<TState>
{
    private readonly List<int> _underWay = [];
    private readonly ulong[] _lowest = new ulong[calls.Select(call => call.Group + 1).DefaultIfEmpty(0).Max()];
    private long _left;
    private Postponed _postponed;

    /// <summary>Null: there is an order. Otherwise the call that cannot be placed.</summary>
    /// <exception cref="BudgetException">The search used up its budget before it found either.</exception>
    public Finding? Find()
    {
        Postponed[] strategies = calls.Any(call => call.IsOptional)
            ? [Postponed.All, Postponed.Optional, Postponed.None]
            : [Postponed.All, Postponed.None];
        foreach (var strategy in strategies)
        {
            (_left, _postponed) = (budget, strategy);
            try
            {
                var finding = Search();
                if (finding is null || strategy == Postponed.None) return finding;
            }
            catch (BudgetException) when (strategy != Postponed.None)
            {
                // Another strategy may need fewer steps.
            }
        }

        return null;
    }

    private Finding? Search()
    {
        _underWay.Clear();
        var possible = new HashSet<Configuration<TState>> { new(model.Initial, []) };
        foreach (var (call, isReturn) in Events())
        {
            if (!isReturn)
            {
                _underWay.Add(call);
                if (calls[call].IsRead) possible = [.. possible.Select(Read)];
                continue;
            }

            var next = new HashSet<Configuration<TState>>();
            var seen = new HashSet<Configuration<TState>>();
            foreach (var configuration in possible)
            {
                if (configuration.Has(call)) next.Add(configuration.Without(call));
                else Place(call, configuration, next, seen);
            }

            if (next.Count == 0) return Explain(call, possible);
            _underWay.Remove(call);
            possible = next;
        }

        return null;
    }

    private IEnumerable<(int Call, bool IsReturn)> Events()
    {
        var events = new List<(long At, bool IsReturn, int Call)>(2 * calls.Count);
        for (var i = 0; i < calls.Count; i++)
        {
            events.Add((calls[i].From, false, i));
            if (!calls[i].IsOptional) events.Add((calls[i].By, true, i));
        }

        // At equal times an invocation comes before a return, so that the two calls may be in either order.
        events.Sort();
        return events.Select(item => (item.Call, item.IsReturn));
    }

    // Finds the ways to place this call that place the fewest postponed calls before it.
    private void Place(
        int call,
        Configuration<TState> from,
        HashSet<Configuration<TState>> next,
        HashSet<Configuration<TState>> seen)
    {
        var level = new Stack<Configuration<TState>>([from]);
        while (level.Count > 0)
        {
            var found = false;
            var more = new Stack<Configuration<TState>>();
            while (level.TryPop(out var configuration))
            {
                Rank(configuration);
                foreach (var other in _underWay)
                {
                    if (Step(configuration, other) is not { } stepped) continue;
                    if (stepped.Has(call))
                    {
                        found = true;
                        next.Add(stepped.Without(call));
                    }
                    else if (seen.Add(stepped))
                    {
                        (IsPostponed(other) ? more : level).Push(stepped);
                    }
                }
            }

            if (found) return;
            level = more;
        }
    }

    private bool IsPostponed(int call) => _postponed switch
    {
        Postponed.All => true,
        Postponed.Optional => calls[call].IsOptional,
        _ => false,
    };

    private Configuration<TState>? Step(Configuration<TState> configuration, int call)
    {
        if (configuration.Has(call)) return null;
        var item = calls[call];
        if (item.Group >= 0 && item.Rank > _lowest[item.Group]) return null;
        if (--_left < 0) throw new BudgetException();
        return model.TryApply(configuration.State, call, out var next) ? Read(configuration.With(call, next)) : null;
    }

    private void Rank(Configuration<TState> configuration)
    {
        Array.Fill(_lowest, ulong.MaxValue);
        foreach (var call in _underWay)
        {
            var item = calls[call];
            if (item.Group >= 0 && item.Rank < _lowest[item.Group] && !configuration.Has(call))
                _lowest[item.Group] = item.Rank;
        }
    }

    private Configuration<TState> Read(Configuration<TState> configuration)
    {
        foreach (var call in _underWay)
        {
            if (!calls[call].IsRead || configuration.Has(call)) continue;
            if (--_left < 0) throw new BudgetException();
            if (model.TryApply(configuration.State, call, out var same)) configuration = configuration.With(call, same);
        }

        return configuration;
    }

    private Finding Explain(int call, HashSet<Configuration<TState>> possible)
    {
        var states = possible.Select(configuration => model.Describe(configuration.State)).Distinct().Take(3);
        var others = _underWay.Where(other => other != call).Take(8).Select(other => calls[other].Operation);
        return new Finding(
            $"no order of the calls explains the first; before it: {string.Join(", or ", states)}",
            [calls[call].Operation, .. others]);
    }

    private enum Postponed
    {
        None = 0,
        Optional = 1,
        All = 2,
    }
}
