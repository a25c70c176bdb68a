using Pagewise.Kernel.Frames;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Slab;

/// <summary>
/// Kernel objects that can go, the one longest listed first, in a list for each node and cgroup that they belong to (struct
/// list_lru, mm/list_lru.c). Items are known by number; the owner says where the object of one lies.
/// </summary>
public sealed class ListLru : IDisposable
{
    private readonly NativeArray<Link> _links;
    private readonly NativeArray<Head> _heads;
    private readonly int _nodes;

    /// <summary>Empty lists.</summary>
    /// <param name="capacity">The highest item.</param>
    /// <param name="nodes">Nodes of the machine.</param>
    public ListLru(int capacity, int nodes)
    {
        _nodes = nodes;
        _links = new NativeArray<Link>((ulong)capacity + 1);
        _heads = new NativeArray<Head>(((ulong)PageFrame.MostMemcg + 1) * (ulong)nodes);
    }

    /// <summary>Items in all lists.</summary>
    public long Total { get; private set; }

    /// <summary>Items of a node and a cgroup (list_lru_shrink_count).</summary>
    public long Count(int memcg, int node) => _heads[ListOf(memcg, node)].Count;

    /// <summary>Whether an item stands in a list.</summary>
    public bool Contains(int item) => _links[item].List != 0;

    /// <summary>Puts an item at the new end of a list (list_lru_add).</summary>
    /// <param name="item">The item, from 1.</param>
    /// <param name="memcg">The cgroup that pays for its object; the root for none.</param>
    /// <param name="node">The node that its object lies in.</param>
    /// <returns>False: it stands in one already, and stays.</returns>
    public bool Add(int item, int memcg, int node)
    {
        if (_links[item].List != 0)
            return false;
        Append(item, ListOf(memcg, node));
        Total++;
        return true;
    }

    /// <summary>Takes an item off its list (list_lru_del, list_lru_isolate).</summary>
    /// <returns>False: it stood in none.</returns>
    public bool Remove(int item)
    {
        if (_links[item].List == 0)
            return false;
        Unlink(item);
        Total--;
        return true;
    }

    /// <summary>Gives a cgroup's items to another, before those that this has: they are looked at first (memcg_reparent_list_lrus, list_splice_init).</summary>
    /// <param name="from">The cgroup that goes.</param>
    /// <param name="to">The one above it that stays.</param>
    public void Reparent(int from, int to)
    {
        for (int node = 0; node < _nodes; node++)
        {
            for (int item = _heads[ListOf(from, node)].Last; item != 0; item = _heads[ListOf(from, node)].Last)
            {
                Unlink(item);
                Prepend(item, ListOf(to, node));
            }
        }
    }

    /// <summary>Looks at the items of a list, those longest in it first (list_lru_shrink_walk).</summary>
    /// <param name="memcg">The cgroup.</param>
    /// <param name="node">The node.</param>
    /// <param name="most">Items to look at, at most.</param>
    /// <param name="isolate">Decides on an item, and takes it off where it says so.</param>
    /// <returns>Items taken off.</returns>
    public long Walk(int memcg, int node, long most, Func<int, LruStatus> isolate)
    {
        int list = ListOf(memcg, node);
        long removed = 0;
        for (int item = _heads[list].First, next; item != 0 && most > 0; item = next, most--)
        {
            next = _links[item].Next;
            switch (isolate(item))
            {
                case LruStatus.Removed:
                    removed++;
                    break;
                case LruStatus.RemovedRetry:
                    removed++;
                    next = _heads[list].First;
                    break;
                case LruStatus.Retry:
                    next = _heads[list].First;
                    break;
                case LruStatus.Rotate:
                    Unlink(item);
                    Append(item, list);
                    break;
            }
        }

        return removed;
    }

    /// <summary>Walks all lists: links in both directions, counts, and whether each item is where it belongs.</summary>
    /// <param name="placeOf">The cgroup and the node of an item.</param>
    /// <exception cref="InvalidOperationException">Something is wrong; the message says what.</exception>
    public void Validate(Func<int, (int Memcg, int Node)> placeOf)
    {
        long total = 0;
        for (ulong list = 0; list < _heads.Length && total < Total; list++)
        {
            long count = 0;
            int previous = 0;
            for (int item = _heads[list].First; item != 0; previous = item, item = _links[item].Next)
            {
                (int memcg, int node) = placeOf(item);
                if (_links[item].Previous != previous || (ulong)_links[item].List != list + 1 || (ulong)ListOf(memcg, node) != list || ++count > _heads[list].Count)
                    throw new InvalidOperationException($"item {item} of the list of cgroup {(int)list / _nodes}, node {(int)list % _nodes} is of cgroup {memcg}, node {node}, or not linked as it should be");
            }

            if (count != _heads[list].Count || _heads[list].Last != previous)
                throw new InvalidOperationException($"{count} items of cgroup {(int)list / _nodes}, node {(int)list % _nodes}, the count says {_heads[list].Count}");
            total += count;
        }

        if (total != Total)
            throw new InvalidOperationException($"{total} items in all lists, the count says {Total}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _links.Dispose();
        _heads.Dispose();
    }

    private int ListOf(int memcg, int node) => (memcg * _nodes) + node;

    private void Append(int item, int list)
    {
        ref Head head = ref _heads[list];
        _links[item] = new Link { Previous = head.Last, List = list + 1 };
        (head.Last != 0 ? ref _links[head.Last].Next : ref head.First) = item;
        head.Last = item;
        head.Count++;
    }

    private void Prepend(int item, int list)
    {
        ref Head head = ref _heads[list];
        _links[item] = new Link { Next = head.First, List = list + 1 };
        (head.First != 0 ? ref _links[head.First].Previous : ref head.Last) = item;
        head.First = item;
        head.Count++;
    }

    private void Unlink(int item)
    {
        ref Link link = ref _links[item];
        ref Head head = ref _heads[link.List - 1];
        (link.Previous != 0 ? ref _links[link.Previous].Next : ref head.First) = link.Next;
        (link.Next != 0 ? ref _links[link.Next].Previous : ref head.Last) = link.Previous;
        head.Count--;
        link = default;
    }

    /// <summary>An item's place; a list of 0: in none.</summary>
    private struct Link
    {
        public int Next;
        public int Previous;
        public int List;
    }

    private struct Head
    {
        public int First;
        public int Last;
        public long Count;
    }
}
