var c={};export{c as places};
