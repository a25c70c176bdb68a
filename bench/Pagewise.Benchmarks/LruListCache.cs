namespace Pagewise.Benchmarks;

/// <summary>What cache simulators do: a dictionary from page to a node of a doubly linked list in order of last use. No frames, page tables, TLB, swap or time.</summary>
/// <param name="capacity">Pages that it holds.</param>
internal sealed class LruListCache(int capacity)
{
    private readonly Dictionary<ulong, LinkedListNode<ulong>> _nodes = new(capacity);
    private readonly LinkedList<ulong> _order = new();

    /// <summary>Uses a page; whether it was there.</summary>
    public bool Use(ulong page)
    {
        if (_nodes.TryGetValue(page, out LinkedListNode<ulong>? node))
        {
            _order.Remove(node);
            _order.AddFirst(node);
            return true;
        }

        if (_nodes.Count == capacity)
        {
            node = _order.Last!;
            _order.RemoveLast();
            _nodes.Remove(node.Value);
            node.Value = page;
        }
        else
        {
            node = new LinkedListNode<ulong>(page);
        }

        _order.AddFirst(node);
        _nodes.Add(page, node);
        return false;
    }
}
