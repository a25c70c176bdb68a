namespace Pagewise.Kernel.AddressSpaces;

public sealed partial class VmaTree
{
    private void Rotate(ref MmStruct space, int pivot, bool toLeft)
    {
        ref VmArea top = ref _vmas[pivot];
        int risingIndex = toLeft ? top.RbRight : top.RbLeft;
        ref VmArea rising = ref _vmas[risingIndex];
        int inner;
        if (toLeft)
        {
            inner = rising.RbLeft;
            top.RbRight = inner;
            rising.RbLeft = pivot;
        }
        else
        {
            inner = rising.RbRight;
            top.RbLeft = inner;
            rising.RbRight = pivot;
        }

        if (inner != 0)
            _vmas[inner].RbParent = pivot;
        ReplaceChild(ref space, top.RbParent, pivot, risingIndex);
        rising.RbParent = top.RbParent;
        top.RbParent = risingIndex;
        // The subtree holds the same areas as before, so its largest gap moves to the new top unchanged.
        rising.SubtreeGap = top.SubtreeGap;
        top.SubtreeGap = ComputeSubtreeGap(in top);
    }

    private void ReplaceChild(ref MmStruct space, int parent, int oldChild, int newChild)
    {
        if (parent == 0)
        {
            space.MmRb = newChild;
            return;
        }

        ref VmArea area = ref _vmas[parent];
        if (area.RbLeft == oldChild)
            area.RbLeft = newChild;
        else
            area.RbRight = newChild;
    }

    private bool IsBlack(int node) => node == 0 || !_vmas[node].IsRed;

    private void BalanceAfterInsert(ref MmStruct space, int node)
    {
        while (true)
        {
            int parent = _vmas[node].RbParent;
            if (parent == 0)
            {
                _vmas[node].IsRed = false;
                return;
            }

            if (!_vmas[parent].IsRed)
                return;
            int grand = _vmas[parent].RbParent;
            bool parentIsLeft = _vmas[grand].RbLeft == parent;
            int uncle = parentIsLeft ? _vmas[grand].RbRight : _vmas[grand].RbLeft;
            if (!IsBlack(uncle))
            {
                _vmas[uncle].IsRed = false;
                _vmas[parent].IsRed = false;
                _vmas[grand].IsRed = true;
                node = grand;
                continue;
            }

            bool nodeIsLeft = _vmas[parent].RbLeft == node;
            if (nodeIsLeft != parentIsLeft)
            {
                Rotate(ref space, parent, toLeft: parentIsLeft);
                parent = node;
            }

            _vmas[parent].IsRed = false;
            _vmas[grand].IsRed = true;
            Rotate(ref space, grand, toLeft: !parentIsLeft);
            return;
        }
    }

    private void Erase(ref MmStruct space, int node, int next)
    {
        ref VmArea area = ref _vmas[node];
        int child;
        int parent;
        bool removedBlack;
        bool successorMoved = area.RbLeft != 0 && area.RbRight != 0;
        if (!successorMoved)
        {
            child = area.RbLeft != 0 ? area.RbLeft : area.RbRight;
            parent = area.RbParent;
            removedBlack = !area.IsRed;
            if (child != 0)
                _vmas[child].RbParent = parent;
            ReplaceChild(ref space, parent, node, child);
        }
        else
        {
            // Two children: the next area in address order is the leftmost of the right subtree and takes the place.
            ref VmArea successor = ref _vmas[next];
            child = successor.RbRight;
            removedBlack = !successor.IsRed;
            if (successor.RbParent == node)
            {
                parent = next;
            }
            else
            {
                parent = successor.RbParent;
                _vmas[parent].RbLeft = child;
                if (child != 0)
                    _vmas[child].RbParent = parent;
                successor.RbRight = area.RbRight;
                _vmas[area.RbRight].RbParent = next;
            }

            successor.RbLeft = area.RbLeft;
            _vmas[area.RbLeft].RbParent = next;
            successor.IsRed = area.IsRed;
            successor.RbParent = area.RbParent;
            ReplaceChild(ref space, area.RbParent, node, next);
        }

        int parentOfGap = parent;
        // The successor's new subtree differs throughout; above it, and without a successor, a gap that stays ends it.
        while (successorMoved && parentOfGap != next)
        {
            _vmas[parentOfGap].SubtreeGap = ComputeSubtreeGap(in _vmas[parentOfGap]);
            parentOfGap = _vmas[parentOfGap].RbParent;
        }

        if (successorMoved)
        {
            _vmas[next].SubtreeGap = ComputeSubtreeGap(in _vmas[next]);
            parentOfGap = _vmas[next].RbParent;
        }

        PropagateGap(parentOfGap);
        if (!successorMoved)
            PropagateGap(next);
        if (removedBlack)
            BalanceAfterErase(ref space, child, parent);
    }

    private void BalanceAfterErase(ref MmStruct space, int node, int parent)
    {
        while (parent != 0 && IsBlack(node))
        {
            bool nodeIsLeft = _vmas[parent].RbLeft == node;
            int sibling = nodeIsLeft ? _vmas[parent].RbRight : _vmas[parent].RbLeft;
            if (!IsBlack(sibling))
            {
                _vmas[sibling].IsRed = false;
                _vmas[parent].IsRed = true;
                Rotate(ref space, parent, toLeft: nodeIsLeft);
                sibling = nodeIsLeft ? _vmas[parent].RbRight : _vmas[parent].RbLeft;
            }

            int near = nodeIsLeft ? _vmas[sibling].RbLeft : _vmas[sibling].RbRight;
            int far = nodeIsLeft ? _vmas[sibling].RbRight : _vmas[sibling].RbLeft;
            if (IsBlack(near) && IsBlack(far))
            {
                _vmas[sibling].IsRed = true;
                node = parent;
                parent = _vmas[node].RbParent;
                continue;
            }

            if (IsBlack(far))
            {
                _vmas[near].IsRed = false;
                _vmas[sibling].IsRed = true;
                Rotate(ref space, sibling, toLeft: !nodeIsLeft);
                far = sibling;
                sibling = near;
            }

            _vmas[sibling].IsRed = _vmas[parent].IsRed;
            _vmas[parent].IsRed = false;
            _vmas[far].IsRed = false;
            Rotate(ref space, parent, toLeft: nodeIsLeft);
            return;
        }

        if (node != 0)
            _vmas[node].IsRed = false;
    }
}
