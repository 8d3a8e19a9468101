using System.Diagnostics.CodeAnalysis;

namespace Cluster.Core.Machines;

/// <summary>
/// A map for few entries. With none or one it needs no memory beside its owner's; with more it is a Dictionary. A node
/// has many objects, and nearly all of them serve one process at a time.
/// </summary>
/// <remarks>A struct. Use it as a field that is not readonly.</remarks>
/// <typeparam name="TKey">Equal as the type says.</typeparam>
/// <typeparam name="TValue">Anything.</typeparam>
public struct FewMap<TKey, TValue>
    where TKey : notnull
{
    private Dictionary<TKey, TValue>? _many; // if not null: all of them
    private TKey _key;
    private TValue _value;
    private bool _hasOne;

    /// <summary>The number of entries.</summary>
    public readonly int Count => _many?.Count ?? (_hasOne ? 1 : 0);

    /// <summary>The value of any entry; without one the default. Unlike <see cref="Values"/>, it allocates nothing.</summary>
    public readonly TValue? Any => _many is null ? _value : AnyOf(_many);

    /// <summary>The values, in no order. Entries may be removed meanwhile.</summary>
    public readonly IEnumerable<TValue> Values => _many is { } many ? many.Values : _hasOne ? [_value] : [];

    /// <summary>The keys, in no order. Entries may be removed meanwhile.</summary>
    public readonly IEnumerable<TKey> Keys => _many is { } many ? many.Keys : _hasOne ? [_key] : [];

    /// <summary>The entries, in no order. Entries may be removed meanwhile.</summary>
    public readonly IEnumerable<KeyValuePair<TKey, TValue>> Entries =>
        _many is { } many ? many : _hasOne ? [new KeyValuePair<TKey, TValue>(_key, _value)] : [];

    /// <summary>Adds or replaces an entry.</summary>
    public TValue this[TKey key]
    {
        set
        {
            if (_many is not null) _many[key] = value;
            else if (IsOne(key)) _value = value;
            else TryAdd(key, value);
        }
    }

    /// <summary>Whether there is an entry for the key.</summary>
    public readonly bool ContainsKey(TKey key) => _many is null ? IsOne(key) : _many.ContainsKey(key);

    /// <summary>The value of a key.</summary>
    public readonly bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_many is not null) return _many.TryGetValue(key, out value);
        var found = IsOne(key);
        value = found ? _value : default;
        return found;
    }

    /// <summary>Adds an entry, unless there is one for the key.</summary>
    public bool TryAdd(TKey key, TValue value)
    {
        if (_many is not null) return _many.TryAdd(key, value);
        if (!_hasOne)
        {
            (_hasOne, _key, _value) = (true, key, value);
            return true;
        }

        if (IsOne(key)) return false;
        var many = new Dictionary<TKey, TValue> { { _key, _value }, { key, value } };
        Clear();
        _many = many;
        return true;
    }

    /// <summary>Removes the entry of a key, and the memory of the map with the last entry.</summary>
    public bool Remove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_many is not null)
        {
            var removed = _many.Remove(key, out value);
            if (_many.Count == 0) _many = null;
            return removed;
        }

        var found = IsOne(key);
        value = found ? _value : default;
        if (found) Clear();
        return found;
    }

    /// <summary>Removes the entry of a key.</summary>
    public bool Remove(TKey key) => Remove(key, out _);

    /// <summary>Removes all entries.</summary>
    public void Clear() => this = default;

    private static TValue? AnyOf(Dictionary<TKey, TValue> many)
    {
        foreach (var (_, value) in many) return value;
        return default;
    }

    private readonly bool IsOne(TKey key) => _hasOne && EqualityComparer<TKey>.Default.Equals(_key, key);
}
